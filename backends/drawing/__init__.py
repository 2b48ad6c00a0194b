"""What the drawings share: an SVG writer, a palette with guaranteed contrast, text fitting, hatches and legends."""
