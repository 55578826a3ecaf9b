public import TelemetryModel

/// A small line chart as a picture, for messages and web pages: a few series over time, with axes in human units, a line at the threshold of an alert,
/// and a legend.
public struct LineGraph: Sendable {
    /// One line.
    public struct Series: Sendable {
        /// What the legend says.
        public var name: String
        /// In rising order of time. Values that are not finite are gaps.
        public var times: [Timestamp]
        /// As long as ``times``.
        public var values: [Double]

        public init(name: String, times: [Timestamp], values: [Double]) {
            self.name = name
            self.times = times
            self.values = values
        }
    }

    public struct Options: Sendable {
        /// Pixels, from 120 to 4096.
        public var width = 600
        /// Pixels, from 80 to 4096.
        public var height = 240
        /// Stands above the chart; may be empty.
        public var title = ""
        public var unit = QuantityUnit.none
        /// The times at the left and right edge.
        public var range: TimeRange
        /// A dashed line at this value.
        public var threshold: Double?
        /// Points of a series that are farther apart are not joined; milliseconds. Nil to judge by what is usual in the series.
        public var gapMilliseconds: Int64?
        /// The most lines of the legend; what is left is counted.
        public var legendMax = 4

        public init(range: TimeRange) { self.range = range }
    }

    let series: [Series]
    let options: Options

    public init(_ series: [Series], options: Options) {
        self.series = series
        var options = options
        options.width = min(max(options.width, 120), 4096)
        options.height = min(max(options.height, 80), 4096)
        options.range.end = max(options.range.end, options.range.start &+ 1)
        self.options = options
    }

    /// The chart as an SVG document, UTF-8.
    public var svg: String { SVGWriter.document(GraphLayout(self).shapes, width: options.width, height: options.height) }

    /// The chart as a PNG file: RGB, 8 bits.
    public var png: [UInt8] {
        var canvas = PixelCanvas(width: options.width, height: options.height)
        for shape in GraphLayout(self).shapes { canvas.draw(shape) }
        return PNGWriter.file(canvas)
    }
}
