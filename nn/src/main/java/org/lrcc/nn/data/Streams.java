package org.lrcc.nn.data;

/** First parts of this package's random streams, which keep them apart from each other and from other packages'. */
final class Streams {
    static final long AUGMENT = 0x6461746131L;
    static final long ORDER = 0x6461746132L;
    static final long SPLIT = 0x6461746133L;

    private Streams() {}
}
