/// An answer with what the person who asked should know of it.
public struct Annotated<Value: Sendable>: Sendable {
    public var value: Value
    public var annotations: QueryAnnotations

    public init(_ value: Value, _ annotations: QueryAnnotations = QueryAnnotations()) {
        self.value = value
        self.annotations = annotations
    }
}
