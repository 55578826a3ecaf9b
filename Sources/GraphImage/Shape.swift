/// Something to be drawn. Coordinates are pixels from the upper left corner.
enum Shape: Sendable {
    /// A line through points.
    case line([Point], Color, width: Double, dash: Dash = .none)
    case rectangle(x: Double, y: Double, width: Double, height: Double, Color)
    /// One line of text, 10 pixels high; `y` is its middle.
    case text(String, x: Double, y: Double, Anchor, Color)

    struct Point: Sendable, Hashable {
        var x: Double
        var y: Double
    }

    enum Anchor: Sendable { case start, middle, end }
    enum Dash: Sendable { case none, dashed }

    struct Color: Sendable, Hashable {
        var red: UInt8
        var green: UInt8
        var blue: UInt8

        init(_ rgb: UInt32) {
            red = UInt8(rgb >> 16 & 0xff)
            green = UInt8(rgb >> 8 & 0xff)
            blue = UInt8(rgb & 0xff)
        }

        static let white = Color(0xffffff)
        static let text = Color(0x333a45)
        static let faint = Color(0x6b7280)
        static let grid = Color(0xe5e7eb)
        static let axis = Color(0x9ca3af)
        static let threshold = Color(0xd32f2f)

        /// Told apart on white, also by those who do not see red and green alike.
        static let lines = [0x1f77b4, 0xe07b00, 0x2a9d6f, 0x8e44ad, 0x8c564b, 0xc2448f, 0x5f6b7a, 0x9a9400].map { Color(UInt32($0)) }
    }
}
