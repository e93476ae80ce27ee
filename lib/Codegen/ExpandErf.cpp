// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// erf from basic arithmetic.
//
// |x| <= 1: x + x P(x^2). Above, 1 - erfc |x|: in f32 erfc t = e^(-t (1 +
// G(t))), in f64 erfc t = e^(-t^2) E((t - 2) / (t + 2)). The polynomials
// interpolate at Chebyshev nodes, computed with 60 digits.

#include "FloatMath.h"
#include "descent/Codegen/ScalarOps.h"

using namespace mlir;

namespace descent::codegen {

static constexpr double smallSingle[] = {
    7.875875063e-5, -0.0008016864287, 0.005189087423, -0.02685421201,
    0.1128359472,   -0.3761262667,    0.1283791658};
static constexpr double smallDouble[] = {
    5.9571761477489114044e-11, -1.137284885679167367e-9,
    1.4659775274047435814e-8,  -1.6350312701054695011e-7,
    1.6461000484121368033e-6,  -0.000014925595266831181565,
    0.00012055331111642710923, -0.00085483269808337899052,
    0.0052239776248180144673,  -0.026866170645076793248,
    0.11283791670954878666,    -0.37612638903183748056,
    0.12837916709551257377};
static constexpr double largeSingle[] = {
    1.630929071e-5, -0.0003691623806, 0.003805152934, -0.02403259968,
    0.10644119,     0.6351093577,     0.1286351144};
static constexpr double largeDouble[] = {
    3.9170592999253885102e-6,    1.8201431959750090543e-6,
    -0.000014067532694582057696, -0.000027647305443610053841,
    0.000027543128185666717319,  0.00017436697232946863504,
    0.000043554202452705895473,  -0.00098197732081310227208,
    -0.00084714319807604235899,  0.0069974617477535736328,
    0.0037328924034922397801,    -0.078978581015852534702,
    0.24165819424246985691,      -0.42718584741395788524,
    0.2553956763105057455};

Value emitErf(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value magnitude = m.abs(x), one = m.f(1);
  Value square = m.mul(x, x);
  Value p = m.polynomial(square, m.isDouble() ? ArrayRef<double>(smallDouble)
                                              : ArrayRef<double>(smallSingle));
  Value small = m.fma(x, p, x);
  // From here on the result is 1 but for rounding.
  Value limit = m.f(m.pick(4.0, 6.0));
  Value t = m.select(m.less(magnitude, limit), magnitude, limit);
  Value complement;
  if (m.isDouble()) {
    Value two = m.f(2);
    Value u = m.div(m.sub(t, two), m.add(t, two));
    Value bell = emitExp(m, m.neg(m.mul(t, t)), Value());
    complement = m.mul(bell, m.polynomial(u, largeDouble));
  } else {
    Value g = m.polynomial(t, largeSingle);
    complement = emitExp(m, m.neg(m.fma(t, g, t)), Value());
  }
  Value large = m.withSign(m.sub(one, complement), x);
  Value result = m.select(m.less(one, magnitude), large, small);
  return m.select(m.equal(x, x), result, x);
}

} // namespace descent::codegen
