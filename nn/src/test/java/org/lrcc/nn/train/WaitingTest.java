package org.lrcc.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.spi.Backends;
import org.lrcc.engine.tensor.Shape;
import org.lrcc.nn.data.Batch;

/** What training waits for its images is counted, and the next epoch's are asked for in time. */
class WaitingTest {
    private static final int PAUSE = 20;

    private final List<String> events = new ArrayList<>();

    private TrainResult train(BatchSource source) {
        Trainer trainer = new Trainer(
                        TinyProblem.model(TinyProblem.CLASSES),
                        TrainConfig.defaults().epochs(2).batch(8).rate(0.1).seed(5))
                .backend(Backends.named("reference"));
        trainer.callback(new TrainCallback() {
            @Override
            public void onStep(StepRecord step) {
                events.add("step " + step.epoch() + "." + step.step());
            }
        });
        return trainer.fit(source);
    }

    @Test
    void theTimeThatALoaderTakesIsCounted() {
        TrainResult result = train(new Slow(TinyProblem.samples(24, 1), PAUSE));
        for (EpochRecord epoch : result.history().epochs()) {
            assertThat(epoch.waiting()).isBetween(3 * PAUSE / 1000.0, epoch.seconds());
        }
        assertThat(result.history().toCsv().lines().findFirst().orElseThrow()).contains(",seconds,waiting_seconds,");
    }

    @Test
    void theNextEpochIsAskedForBeforeTheLastStepOfTheOneAtHand() {
        train(new Slow(TinyProblem.samples(24, 1), 0));
        assertThat(events)
                .containsExactly(
                        "epoch 0", "step 1.1", "step 1.2", "epoch 1", "step 1.3", "step 2.1", "step 2.2", "step 2.3");
    }

    /** Samples that take their time. */
    private final class Slow implements BatchSource {
        private final BatchSource samples;
        private final int pause;

        Slow(BatchSource samples, int pause) {
            this.samples = samples;
            this.pause = pause;
        }

        @Override
        public int size() {
            return samples.size();
        }

        @Override
        public List<String> classes() {
            return samples.classes();
        }

        @Override
        public int label(int index) {
            return samples.label(index);
        }

        @Override
        public String name(int index) {
            return samples.name(index);
        }

        @Override
        public Shape sampleShape() {
            return samples.sampleShape();
        }

        @Override
        public BatchSource subset(int[] indices) {
            return new Slow(samples.subset(indices), pause);
        }

        @Override
        public Feed training(TrainConfig config) {
            return new SlowFeed(samples.training(config));
        }

        @Override
        public Feed inOrder(int batch) {
            return samples.inOrder(batch);
        }

        private final class SlowFeed implements Feed {
            private final Feed feed;

            SlowFeed(Feed feed) {
                this.feed = feed;
            }

            @Override
            public Batches epoch(int epoch, int firstBatch) {
                events.add("epoch " + epoch);
                return new SlowBatches(feed.epoch(epoch, firstBatch));
            }

            @Override
            public void close() {
                feed.close();
            }
        }

        private final class SlowBatches implements Batches {
            private final Batches batches;

            SlowBatches(Batches batches) {
                this.batches = batches;
            }

            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public Batch next() {
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return batches.next();
            }

            @Override
            public void close() {
                batches.close();
            }
        }
    }
}
