/// What one name has for the rows of a table of log entries. Values stand once, so that a condition is tried on each distinct value.
public struct LogColumn: Sendable {
    /// Of each row the place of its value in ``values``; -1 where it has none.
    public var codes: [Int32]
    public var values: PackedTexts

    public init(codes: [Int32], values: PackedTexts) {
        self.codes = codes
        self.values = values
    }
}

/// The lines of a table of log entries that are JSON objects, taken apart. What is in it says exactly what a JSON parser would find in the lines.
public struct LogDocuments: Sendable {
    /// Of each row the number of its shape; -1 for a line that is not held this way and has to be read as text.
    public var rowShapes: [Int32]
    public var shapes: [DocumentShape]

    public init(rowShapes: [Int32], shapes: [DocumentShape]) {
        self.rowShapes = rowShapes
        self.shapes = shapes
    }
}

/// The leaves of JSON objects that are alike but for their values.
public struct DocumentShape: Sendable, Hashable {
    /// In the order of the text. Two leaves may have the same path where a key is doubled.
    public var leaves: [DocumentLeaf]

    public init(leaves: [DocumentLeaf]) { self.leaves = leaves }
}

/// A place in JSON objects where a value stands that is no object.
public struct DocumentLeaf: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case string, number, boolean, null
        /// An array, as text; objects within arrays are part of that text.
        case array
    }

    /// Keys from the outside inwards, unescaped.
    public var path: [String]
    public var kind: Kind

    public init(path: [String], kind: Kind) {
        self.path = path
        self.kind = kind
    }
}
