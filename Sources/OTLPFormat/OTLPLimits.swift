/// What every reader of OTLP holds senders to.
public enum OTLPLimits {
    /// How deep attribute values may stand within each other (an array of numbers is of depth 2).
    public static let valueDepthMax = 64

    /// Objects and arrays within each other in JSON that has values of that depth: ten around a value and three or four for each level.
    static let jsonDepthMax = 10 + 4 * valueDepthMax
}
