package org.lrcc.lowrank;

import org.lrcc.nn.network.Model;

/**
 * A converted model with the report of what was done.
 *
 * @param model the model; shares frozen tensors with the base and nothing that changes in training
 * @param report layer by layer
 */
public record Conversion(Model model, ConversionReport report) {}
