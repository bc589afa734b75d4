package org.lrcc.nn;

import java.util.Collection;
import java.util.List;
import org.lrcc.engine.InputException;

/**
 * Chooses parameters and layers by name. A pattern with {@code *} (any characters, dots too) or {@code ?} (one character) is a glob for the
 * whole name; any other is a part that the name must contain.
 */
public record NamePattern(String text) {
    /** A pattern; empty text, which every name would contain, is refused. */
    public NamePattern {
        if (text.isBlank()) {
            throw new InputException("name pattern: the pattern is empty");
        }
    }

    /** These texts as patterns. */
    public static List<NamePattern> of(Collection<String> texts) {
        return texts.stream().map(NamePattern::new).toList();
    }

    /** Whether the name is meant. */
    public boolean matches(String name) {
        return text.indexOf('*') < 0 && text.indexOf('?') < 0 ? name.contains(text) : glob(name);
    }

    /** Greedy matching that goes back to the last star only: at most length times length comparisons. */
    private boolean glob(String name) {
        int at = 0;
        int next = 0;
        int star = -1;
        int resume = 0;
        while (at < name.length()) {
            if (next < text.length() && text.charAt(next) == '*') {
                star = next++;
                resume = at;
            } else if (next < text.length() && (text.charAt(next) == '?' || text.charAt(next) == name.charAt(at))) {
                next++;
                at++;
            } else if (star >= 0) {
                next = star + 1;
                at = ++resume;
            } else {
                return false;
            }
        }
        while (next < text.length() && text.charAt(next) == '*') {
            next++;
        }
        return next == text.length();
    }

    @Override
    public String toString() {
        return text;
    }
}
