package org.lrcc.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.lrcc.engine.cpu.Loops.AdamRule;
import org.lrcc.engine.cpu.Loops.SgdRule;

/** Steps of the optimizers: one sweep over parameters, gradients and slots. */
final class VectorOptimizers {
    private static final VectorSpecies<Float> S = Lanes.SPECIES;
    private static final int VL = Lanes.VL;

    private VectorOptimizers() {}

    static void sgd(float[] p, int po, float[] g, int go, float[] v, int vo, int n, SgdRule r) {
        int i = r.momentum() == 0f
                ? plain(p, po, g, go, n, r.rate(), r.weightDecay())
                : momentum(p, po, g, go, v, vo, n, r);
        for (; i < n; i++) {
            float slope = Math.fma(r.weightDecay(), p[po + i], g[go + i]);
            float step = slope;
            if (r.momentum() != 0f) {
                float velocity = r.first() ? slope : Math.fma(r.momentum(), v[vo + i], slope);
                v[vo + i] = velocity;
                step = r.nesterov() ? Math.fma(r.momentum(), velocity, slope) : velocity;
            }
            p[po + i] = Math.fma(-r.rate(), step, p[po + i]);
        }
    }

    private static int plain(float[] p, int po, float[] g, int go, int n, float rate, float decay) {
        FloatVector w = FloatVector.broadcast(S, decay);
        FloatVector k = FloatVector.broadcast(S, -rate);
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector x = FloatVector.fromArray(S, p, po + i);
            x.fma(w, FloatVector.fromArray(S, g, go + i)).fma(k, x).intoArray(p, po + i);
        }
        return i;
    }

    private static int momentum(float[] p, int po, float[] g, int go, float[] v, int vo, int n, SgdRule r) {
        FloatVector w = FloatVector.broadcast(S, r.weightDecay());
        FloatVector m = FloatVector.broadcast(S, r.momentum());
        FloatVector k = FloatVector.broadcast(S, -r.rate());
        boolean first = r.first();
        boolean nesterov = r.nesterov();
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector x = FloatVector.fromArray(S, p, po + i);
            FloatVector slope = x.fma(w, FloatVector.fromArray(S, g, go + i));
            FloatVector velocity =
                    first ? slope : FloatVector.fromArray(S, v, vo + i).fma(m, slope);
            velocity.intoArray(v, vo + i);
            FloatVector step = nesterov ? velocity.fma(m, slope) : velocity;
            step.fma(k, x).intoArray(p, po + i);
        }
        return i;
    }

    static void adamW(float[] p, int po, float[] g, int go, float[] m, int mo, float[] v, int vo, int n, AdamRule r) {
        FloatVector b1 = FloatVector.broadcast(S, r.beta1());
        FloatVector b2 = FloatVector.broadcast(S, r.beta2());
        FloatVector keep = FloatVector.broadcast(S, r.keep());
        float c1 = r.gain1();
        float c2 = r.gain2();
        int i = 0;
        for (; i <= n - VL; i += VL) {
            FloatVector slope = FloatVector.fromArray(S, g, go + i);
            FloatVector first = FloatVector.fromArray(S, m, mo + i).mul(b1).add(slope.mul(c1));
            FloatVector second = FloatVector.fromArray(S, v, vo + i)
                    .mul(b2)
                    .add(slope.mul(slope).mul(c2));
            first.intoArray(m, mo + i);
            second.intoArray(v, vo + i);
            FloatVector step =
                    first.mul(r.rate()).div(second.mul(r.secondScale()).sqrt().add(r.eps()));
            FloatVector.fromArray(S, p, po + i).mul(keep).sub(step).intoArray(p, po + i);
        }
        for (; i < n; i++) {
            float slope = g[go + i];
            float first = m[mo + i] * r.beta1() + slope * c1;
            float second = v[vo + i] * r.beta2() + slope * slope * c2;
            m[mo + i] = first;
            v[vo + i] = second;
            float step = first * r.rate() / ((float) Math.sqrt(second * r.secondScale()) + r.eps());
            p[po + i] = p[po + i] * r.keep() - step;
        }
    }
}
