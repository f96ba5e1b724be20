internal import Glibc

/// A counting semaphore (sem_overview(7)), initially 0.
final class Semaphore: Sendable {
    private nonisolated(unsafe) let place = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() {
        sem_init(place, 0, 0)
    }

    deinit {
        sem_destroy(place)
        place.deallocate()
    }

    func post() {
        sem_post(place)
    }

    func wait() {
        // A signal interrupts the wait (EINTR): wait again.
        while sem_wait(place) != 0 {}
    }
}
