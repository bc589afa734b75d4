package org.lrcc.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** What a command line did, run in this JVM. */
record Run(int code, String out, String err) {
    static Run of(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] words = new String[args.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = args[i].toString();
        }
        int code = Main.run(words, new PrintWriter(out), new PrintWriter(err));
        return new Run(code, out.toString(), err.toString());
    }

    /** The lines on stderr. */
    List<String> errors() {
        return err.lines().toList();
    }
}
