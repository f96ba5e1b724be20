internal import Glibc

/// A counting semaphore (sem_overview(7)), initially 0.
public final class Semaphore: Sendable {
    private nonisolated(unsafe) let place = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    /// A semaphore that is 0.
    public init() {
        sem_init(place, 0, 0)
    }

    deinit {
        sem_destroy(place)
        place.deallocate()
    }

    /// Increments the semaphore, which lets one waiting thread continue.
    public func post() {
        sem_post(place)
    }

    /// Waits until the semaphore is positive and decrements it.
    public func wait() {
        // A signal interrupts the wait (EINTR): wait again.
        while sem_wait(place) != 0 {}
    }
}
