/// A native histogram as the API gives it.
struct HistogramAnswer: Sendable, Decodable, CustomStringConvertible {
    struct Bucket: Sendable, Decodable {
        /// Which of the bounds belong to the bucket.
        let boundaries: Int
        let lower: Double
        let upper: Double
        let count: Double

        init(from decoder: any Decoder) throws {
            var parts = try decoder.unkeyedContainer()
            boundaries = try parts.decode(Int.self)
            lower = try HistogramAnswer.number(try parts.decode(String.self), decoder)
            upper = try HistogramAnswer.number(try parts.decode(String.self), decoder)
            count = try HistogramAnswer.number(try parts.decode(String.self), decoder)
        }
    }

    let count: Double
    let sum: Double
    /// Those that are not empty.
    let buckets: [Bucket]

    private enum Key: CodingKey { case count, sum, buckets }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        count = try HistogramAnswer.number(try container.decode(String.self, forKey: .count), decoder)
        sum = try HistogramAnswer.number(try container.decode(String.self, forKey: .sum), decoder)
        buckets = try container.decodeIfPresent([Bucket].self, forKey: .buckets)?.filter { $0.count != 0 } ?? []
    }

    private static func number(_ text: String, _ decoder: any Decoder) throws -> Double {
        guard let number = Double(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "\(text) is no number"))
        }
        return number
    }

    var description: String {
        "{count \(count), sum \(sum)" + buckets.map { ", \($0.lower)…\($0.upper) (\($0.boundaries)): \($0.count)" }.joined() + "}"
    }

    /// Whether both are equal up to the last digits.
    func isSame(as other: HistogramAnswer, _ tolerance: Double) -> Bool {
        guard Difference.same(count, other.count, tolerance), Difference.same(sum, other.sum, tolerance),
            buckets.count == other.buckets.count
        else { return false }
        return zip(buckets, other.buckets).allSatisfy { left, right in
            left.boundaries == right.boundaries && Difference.same(left.lower, right.lower, tolerance)
                && Difference.same(left.upper, right.upper, tolerance) && Difference.same(left.count, right.count, tolerance)
        }
    }
}
