package org.lrcc.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.lrcc.nn.train.Trainer;

/** Ctrl-C in a training: the step at hand is ended and a checkpoint written before the JVM goes. */
final class Interrupt {
    private static final int PATIENCE_SECONDS = 60;

    private final CountDownLatch ended = new CountDownLatch(1);
    private Thread hook = new Thread(() -> {}, "lrcc-interrupt");

    /** From now on an interrupt cancels this trainer. */
    void cancels(Trainer trainer) {
        hook = new Thread(
                () -> {
                    trainer.cancel();
                    await();
                },
                "lrcc-interrupt");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void await() {
        try {
            ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Training has ended, one way or the other. */
    void done() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is going down: the hook runs and is about to end.
            return;
        }
    }
}
