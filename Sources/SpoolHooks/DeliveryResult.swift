/// How an attempt to deliver ended.
enum DeliveryResult: Equatable {
    /// It was taken.
    case taken
    /// It was not, for that reason.
    case failed(String)
    /// The receiver wants no more deliveries (410).
    case switchedOff(String)
}
