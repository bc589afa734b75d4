package org.lrcc.cli;

import picocli.CommandLine.IVersionProvider;

/** The version, from the jar's manifest, and the Java it runs on. */
final class Version implements IVersionProvider {
    /** Number of the version, {@code development} where the classes are not in a jar. */
    static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** Java's name and version. */
    static String java() {
        return System.getProperty("java.vm.name") + " " + System.getProperty("java.version");
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "lrcc " + number(), java() + " on " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }
}
