internal import Glibc

/// A number to wait for until it is more than 0 (sem_overview(7)).
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
        // Interrupted by a signal, it has waited for nothing yet.
        while sem_wait(place) != 0 {}
    }
}
