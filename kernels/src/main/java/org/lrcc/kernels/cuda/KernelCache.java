package org.lrcc.kernels.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The shipped PTX, loaded module by module when the first kernel of it is wanted; shared by the sessions of a backend. */
final class KernelCache {
    private final Map<String, Map<String, Long>> functions = new HashMap<>();
    private final Map<String, Long> modules = new HashMap<>();

    synchronized long function(GpuDriver driver, String module, String kernel) {
        Map<String, Long> known = functions.computeIfAbsent(module, unused -> new HashMap<>());
        Long function = known.get(kernel);
        if (function == null) {
            Long loaded = modules.get(module);
            if (loaded == null) {
                loaded = driver.loadModule(module, read(module));
                modules.put(module, loaded);
            }
            function = driver.function(loaded, kernel);
            known.put(kernel, function);
        }
        return function;
    }

    private static String read(String module) {
        String name = "/ptx/" + module + ".ptx";
        try (InputStream in = KernelCache.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the build lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
