internal import PromQL
internal import QueryModel

/// A series whose notation cannot be understood.
public struct NotationError: Error, CustomStringConvertible {
    public var description: String
}

extension NotedSeries {
    /// Reads `name{label="value"} 1 2+3x4 _ {{schema:0 sum:1 count:2 buckets:[1 1]}}`, or starts of points (`name@st -30s`).
    ///
    /// - Throws: ``NotationError``.
    public init(notation: String) throws(NotationError) {
        let parser = PromQLParser(features: .all)
        do throws(QueryError) {
            if let started = try parser.parseSeriesStarts(notation) {
                self.init(labels: started.labels, starts: started.offsets, points: [])
            } else {
                let description = try parser.parseSeriesDescription(notation)
                self.init(labels: description.labels, points: description.points)
            }
        } catch {
            throw NotationError(description: "\"\(notation)\" is no series: \(error)")
        }
    }
}
