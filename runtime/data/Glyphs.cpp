// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Digits drawn from strokes: data that needs no download, learnt by a small
// convolutional network but not by accident.
#include "core/Philox.h"
#include "data/Dataset.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace descent::runtime {
namespace {

struct Point {
  float x, y;
};
using Stroke = std::vector<Point>;
using Glyph = std::vector<Stroke>;

constexpr int side = 28;

/// An arc of an ellipse from one angle to another, in degrees, clockwise on the
/// screen from 3 o'clock.
Stroke arc(float cx, float cy, float rx, float ry, float from, float to) {
  constexpr int pieces = 12;
  Stroke stroke;
  for (int i = 0; i <= pieces; ++i) {
    float angle = (from + (to - from) * float(i) / pieces) *
                  std::numbers::pi_v<float> / 180;
    stroke.push_back({cx + rx * std::cos(angle), cy + ry * std::sin(angle)});
  }
  return stroke;
}

Stroke join(Stroke first, const Stroke &second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// The ways to write each digit, in the square [-1, 1] x [-1, 1] with y
/// downwards.
const std::vector<std::vector<Glyph>> &alphabet() {
  static const std::vector<std::vector<Glyph>> digits = {
      {{arc(0, 0, 0.6f, 0.95f, -90, 270)}, {arc(0, 0, 0.75f, 0.8f, -60, 300)}},
      {{{{0, -1}, {0, 1}}},
       {{{-0.4f, -0.6f}, {0.05f, -1}, {0.05f, 1}}},
       {{{-0.35f, -0.65f}, {0, -1}, {0, 1}}, {{-0.45f, 1}, {0.45f, 1}}}},
      {{join(arc(0, -0.5f, 0.6f, 0.5f, -170, 30), {{-0.65f, 1}, {0.7f, 1}})},
       {join(join(arc(0, -0.5f, 0.55f, 0.5f, -160, 40), {{-0.3f, 0.7f}}),
             arc(-0.35f, 0.75f, 0.2f, 0.2f, 90, 300)),
        {{-0.3f, 0.65f}, {0.2f, 0.95f}, {0.7f, 0.85f}}}},
      {{join(arc(0, -0.5f, 0.55f, 0.48f, -150, 90),
             arc(0, 0.48f, 0.65f, 0.5f, -90, 150))},
       {{{-0.6f, -1}, {0.55f, -1}, {0, -0.2f}},
        arc(-0.05f, 0.4f, 0.65f, 0.6f, -90, 140)}},
      {{{{-0.1f, -1}, {-0.65f, 0.3f}, {0.7f, 0.3f}},
        {{0.3f, -0.3f}, {0.3f, 1}}},
       {{{0.35f, 1}, {0.35f, -1}, {-0.7f, 0.35f}, {0.75f, 0.35f}}},
       {{{-0.6f, -0.9f}, {-0.6f, 0}, {0.5f, 0}}, {{0.5f, -1}, {0.5f, 1}}}},
      {{{{0.6f, -1}, {-0.45f, -1}, {-0.5f, -0.15f}},
        arc(-0.05f, 0.35f, 0.65f, 0.6f, -130, 140)},
       {join({{0.55f, -0.95f}, {-0.35f, -0.9f}, {-0.45f, -0.05f}},
             arc(0, 0.4f, 0.55f, 0.55f, -100, 150))}},
      {{join({{0.4f, -1}, {-0.3f, -0.35f}},
             arc(0, 0.42f, 0.55f, 0.55f, -160, 200))},
       {join({{0.1f, -1}, {-0.5f, 0.2f}},
             arc(0, 0.5f, 0.5f, 0.5f, -180, 180))}},
      {{{{-0.65f, -0.95f}, {0.65f, -0.95f}, {-0.2f, 1}}},
       {{{-0.65f, -0.9f}, {0.6f, -0.95f}, {0, 1}}, {{-0.35f, 0}, {0.5f, 0}}}},
      {{arc(0, -0.5f, 0.48f, 0.48f, 90, 450),
        arc(0, 0.48f, 0.58f, 0.5f, -90, 270)},
       {join(join(arc(0, -0.5f, 0.5f, 0.45f, -30, -250),
                  arc(0, 0.5f, 0.55f, 0.48f, -60, 250)),
             {{0.45f, -0.6f}})}},
      {{join(arc(0, -0.45f, 0.52f, 0.52f, 0, 360), {{0.5f, -0.3f}, {0.4f, 1}})},
       {join(arc(0, -0.45f, 0.55f, 0.5f, -20, 340),
             {{0.5f, 0.2f}, {0.1f, 0.8f}, {-0.4f, 1}})}}};
  return digits;
}

/// How one sample differs from the alphabet.
struct Hand {
  float a, b, c, d, dx,
      dy;       ///< x' = a x + b y + dx, y' = c x + d y + dy, in pixels
  float radius; ///< half the stroke width in pixels
  float ink, noise;
};

Hand drawHand(PhiloxSequence &random) {
  float angle = random.uniform(-0.26f, 0.26f),
        shear = random.uniform(-0.35f, 0.35f);
  float width = random.uniform(5.5f, 9.0f),
        height = random.uniform(7.5f, 10.5f);
  float cosine = std::cos(angle), sine = std::sin(angle);
  Hand hand;
  hand.a = cosine * width, hand.b = (cosine * shear - sine) * height;
  hand.c = sine * width, hand.d = (sine * shear + cosine) * height;
  hand.dx = 13.5f + random.uniform(-2.0f, 2.0f),
  hand.dy = 13.5f + random.uniform(-2.0f, 2.0f);
  hand.radius = random.uniform(0.7f, 1.8f);
  hand.ink = random.uniform(0.7f, 1.0f),
  hand.noise = random.uniform(0.0f, 0.12f);
  return hand;
}

float distance(Point p, Point from, Point to) {
  float ux = to.x - from.x, uy = to.y - from.y, vx = p.x - from.x,
        vy = p.y - from.y;
  float length = ux * ux + uy * uy;
  float t =
      length > 0 ? std::clamp((ux * vx + uy * vy) / length, 0.0f, 1.0f) : 0.0f;
  return std::hypot(vx - t * ux, vy - t * uy);
}

/// Lowers distances around a segment; ink further than reach pixels away does
/// not show.
void addSegment(std::array<float, side * side> &nearest, Point from, Point to,
                float reach) {
  int x0 = std::max(0, int(std::min(from.x, to.x) - reach)),
      x1 = std::min(side - 1, int(std::max(from.x, to.x) + reach) + 1);
  int y0 = std::max(0, int(std::min(from.y, to.y) - reach)),
      y1 = std::min(side - 1, int(std::max(from.y, to.y) + reach) + 1);
  for (int y = y0; y <= y1; ++y)
    for (int x = x0; x <= x1; ++x) {
      float &here = nearest[size_t(y * side + x)];
      here = std::min(here, distance({float(x), float(y)}, from, to));
    }
}

void drawSample(unsigned digit, PhiloxSequence &random, std::byte *pixels) {
  const std::vector<Glyph> &styles = alphabet()[digit];
  const Glyph &glyph = styles[random.below(uint32_t(styles.size()))];
  Hand hand = drawHand(random);
  // A slow wave bends every stroke a little, as a hand does.
  float waveX = random.uniform(-0.09f, 0.09f),
        waveY = random.uniform(-0.09f, 0.09f);
  float phaseX = random.uniform(0, 6.28f), phaseY = random.uniform(0, 6.28f);
  std::array<float, side * side> nearest;
  nearest.fill(1e9f);
  for (const Stroke &stroke : glyph) {
    Stroke placed;
    for (Point p : stroke) {
      Point bent = {p.x + waveX * std::sin(3 * p.y + phaseX),
                    p.y + waveY * std::sin(3 * p.x + phaseY)};
      bent.x += random.uniform(-0.03f, 0.03f),
          bent.y += random.uniform(-0.03f, 0.03f);
      placed.push_back({hand.a * bent.x + hand.b * bent.y + hand.dx,
                        hand.c * bent.x + hand.d * bent.y + hand.dy});
    }
    for (size_t i = 1; i < placed.size(); ++i)
      addSegment(nearest, placed[i - 1], placed[i], hand.radius + 1);
  }
  for (size_t i = 0; i < nearest.size(); ++i) {
    float ink =
        hand.ink * std::clamp(hand.radius + 0.5f - nearest[i], 0.0f, 1.0f);
    ink += hand.noise * (random.uniform() + random.uniform() - 1);
    pixels[i] =
        std::byte(uint8_t(std::lround(255 * std::clamp(ink, 0.0f, 1.0f))));
  }
}

} // namespace

Dataset drawGlyphs(const DataSpec &spec, Part part) {
  spec.allowOnly({"count", "seed"});
  uint64_t count =
      spec.number("count", part == Part::Train ? 10000 : 2000, 1, 10'000'000);
  uint64_t seed = spec.number("seed", 0, 0, UINT64_MAX);
  Dataset dataset;
  dataset.description = spec.text;
  dataset.size = count;
  dataset.fields.resize(2);
  Field &image = dataset.fields[0], &label = dataset.fields[1];
  image.name = "image", label.name = "label";
  image.source = label.source = spec.text;
  image.shape = {side, side};
  image.data.resize(count * side * side);
  label.data.resize(count);
  for (uint64_t i = 0; i < count; ++i) {
    // Training samples have even indices, test samples odd ones: never the
    // same, whatever the counts.
    PhiloxSequence random(seed, Stream::Glyphs,
                          uint32_t(2 * i + (part == Part::Test)));
    unsigned digit = random.below(10);
    label.data[i] = std::byte(digit);
    drawSample(digit, random, image.data.data() + i * side * side);
  }
  return dataset;
}

} // namespace descent::runtime
