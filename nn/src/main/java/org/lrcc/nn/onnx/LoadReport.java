package org.lrcc.nn.onnx;

import java.util.List;

/**
 * What the importer found in a file.
 *
 * @param batchNorm what became of batch norm
 * @param names where the layers' names come from
 * @param opset version of the default operator set
 * @param producer program that wrote the file, as it says itself; may be empty
 * @param notes decisions a user may want to know, one a line
 */
public record LoadReport(BatchNorm batchNorm, NameSource names, long opset, String producer, List<String> notes) {
    /** What became of batch norm. */
    public enum BatchNorm {
        /** It is there as layers: a training export. */
        KEPT,
        /** There is none, and convolutions have biases: a default export has folded it into them. */
        FOLDED,
        /** There is none, and no sign that there ever was. */
        NONE
    }

    /** Where the names of layers with weights come from. */
    public enum NameSource {
        /** From the weights' names, which are those of torch's state dict. */
        WEIGHTS,
        /** Some from the nodes' paths ("/layer1/layer1.0/conv1/Conv"). */
        NODES,
        /** Some had to be made up. */
        INVENTED
    }

    /** Copies the notes. */
    public LoadReport {
        notes = List.copyOf(notes);
    }

    /** The report in one sentence. */
    public String summary() {
        String norm = switch (batchNorm) {
            case KEPT -> "batch norm is kept";
            case FOLDED -> "batch norm is folded into the convolutions";
            case NONE -> "there is no batch norm";
        };
        String named = switch (names) {
            case WEIGHTS -> "layer names come from the weights";
            case NODES -> "layer names come from the node paths";
            case INVENTED -> "some layer names are made up";
        };
        return "opset " + opset + ", " + norm + ", " + named;
    }
}
