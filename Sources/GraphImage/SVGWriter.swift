/// Shapes as an SVG document.
enum SVGWriter {
    static func document(_ shapes: [Shape], width: Int, height: Int) -> String {
        var text = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\" "
        text += "font-family=\"ui-sans-serif,Helvetica,Arial,sans-serif\" font-size=\"11\">\n"
        for shape in shapes { text += element(shape) + "\n" }
        return text + "</svg>\n"
    }

    private static func element(_ shape: Shape) -> String {
        switch shape {
        case .rectangle(let x, let y, let width, let height, let color):
            return
                "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\" fill=\"\(hex(color))\"/>"
        case .line(let points, let color, let width, let dash):
            let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
            var text = "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(hex(color))\" stroke-width=\"\(number(width))\""
            if dash == .dashed { text += " stroke-dasharray=\"5 4\"" }
            return text + (points.count > 2 ? " stroke-linejoin=\"round\"/>" : "/>")
        case .text(let content, let x, let y, let anchor, let color):
            let name = anchor == .start ? "start" : anchor == .middle ? "middle" : "end"
            return
                "<text x=\"\(number(x))\" y=\"\(number(y + 4))\" text-anchor=\"\(name)\" fill=\"\(hex(color))\">\(escaped(content))</text>"
        }
    }

    /// With two decimals at most.
    private static func number(_ value: Double) -> String {
        let hundredths = Int((min(max(value, -1e6), 1e6) * 100).rounded())
        var text = String(hundredths.magnitude / 100)
        let rest = hundredths.magnitude % 100
        if rest > 0 { text += "." + (rest < 10 ? "0" : "") + (rest % 10 == 0 ? String(rest / 10) : String(rest)) }
        return (hundredths < 0 ? "-" : "") + text
    }

    private static func hex(_ color: Shape.Color) -> String {
        let value = UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
        return "#" + String(String(0x1000000 + value, radix: 16).dropFirst())
    }

    /// Text between tags. What XML 1.0 cannot say becomes the replacement character.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\t", "\n", "\r": result += " "
            case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
