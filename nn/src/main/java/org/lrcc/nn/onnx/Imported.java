package org.lrcc.nn.onnx;

import org.lrcc.nn.network.Model;

/**
 * A model read from a file, with what the importer found.
 *
 * @param model network, state, information
 * @param report what was found
 */
public record Imported(Model model, LoadReport report) {}
