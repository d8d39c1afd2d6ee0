import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.ExponentialBackoffRetry;

/** Curator as the conductor's contestant: `java CuratorDriver HOSTS ROOT`. Protocol: README.md. */
final class CuratorDriver {
    private static String hosts;
    private static String root;

    /** Counts what is done between the end of a warm-up, a fifth of the time, and the end. */
    private static final class Turn {
        private final long begin;
        private final long end;
        private final AtomicLong count = new AtomicLong();
        private volatile long last;

        Turn(double seconds) {
            long now = System.nanoTime();
            begin = now + (long) (seconds * 1e9 / 5);
            end = now + (long) (seconds * 1e9);
            last = begin;
        }

        boolean over() {
            return System.nanoTime() >= end;
        }

        void done() {
            long now = System.nanoTime();
            if (now >= begin && now <= end) {
                count.incrementAndGet();
                last = now;
            }
        }

        String result() {
            return count.get() + " " + (last - begin) / 1e9;
        }
    }

    private static CuratorFramework connect() throws InterruptedException {
        CuratorFramework client = CuratorFrameworkFactory.newClient(
                hosts, 30_000, 30_000, new ExponentialBackoffRetry(100, 3));
        client.start();
        client.blockUntilConnected();
        return client;
    }

    private interface Task {
        void run(InterProcessMutex lock) throws Exception;
    }

    private static void once(InterProcessMutex lock) throws Exception {
        lock.acquire();
        lock.release();
    }

    private static void inThreads(List<InterProcessMutex> locks, Task task)
            throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (InterProcessMutex lock : locks) {
            Thread thread = new Thread(() -> {
                try {
                    task.run(lock);
                } catch (Exception failure) {
                    failure.printStackTrace();
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static String together(List<InterProcessMutex> locks, double seconds)
            throws InterruptedException {
        // What a key costs the first time is not what is measured.
        inThreads(locks, CuratorDriver::once);
        Turn turn = new Turn(seconds);
        inThreads(locks, lock -> {
            while (!turn.over()) {
                once(lock);
                turn.done();
            }
        });
        return turn.result();
    }

    private static String solo(CuratorFramework client, int count, double seconds)
            throws Exception {
        List<InterProcessMutex> locks = new ArrayList<>();
        for (int each = 0; each < count; ++each) {
            locks.add(new InterProcessMutex(client, root + "/key-" + each));
        }
        inThreads(locks, CuratorDriver::once);
        Turn turn = new Turn(seconds);
        List<Long> took = new ArrayList<>();
        for (int round = 0; !turn.over(); ++round) {
            InterProcessMutex lock = locks.get(round % locks.size());
            long before = System.nanoTime();
            once(lock);
            turn.done();
            took.add(System.nanoTime() - before);
        }
        Collections.sort(took);
        return turn.result() + " " + took.get(took.size() / 2) / 1e3;
    }

    /** At ease, so that all contestants can do it at once while the ensemble breaks. */
    private static String recover(CuratorFramework client, int count, double seconds)
            throws InterruptedException {
        Turn turn = new Turn(seconds);
        long before = System.nanoTime();
        long longest = 0;
        int failures = 0;
        for (int round = 0; !turn.over(); ++round) {
            // Other keys after a failure: its contender may still be there, and in front of the next.
            int key = failures * count + round % count;
            InterProcessMutex lock = new InterProcessMutex(client, root + "/key-" + key);
            try {
                if (lock.acquire(10, TimeUnit.SECONDS)) {
                    lock.release();
                    turn.done();
                    longest = Math.max(longest, System.nanoTime() - before);
                    before = System.nanoTime();
                }
            } catch (Exception failure) {
                ++failures;
            }
            Thread.sleep(5);
        }
        longest = Math.max(longest, System.nanoTime() - before);
        return turn.result() + " " + longest / 1e9;
    }

    private static String keys(CuratorFramework client, int count, double seconds)
            throws Exception {
        List<InterProcessMutex> locks = new ArrayList<>();
        for (int each = 0; each < count; ++each) {
            locks.add(new InterProcessMutex(client, root + "/key-" + each));
        }
        return together(locks, seconds);
    }

    private static String handOff(int count, double seconds) throws Exception {
        List<CuratorFramework> clients = new ArrayList<>();
        List<InterProcessMutex> locks = new ArrayList<>();
        for (int each = 0; each < count; ++each) {
            clients.add(connect());
            locks.add(new InterProcessMutex(clients.get(each), root + "/one"));
        }
        String result = together(locks, seconds);
        for (CuratorFramework client : clients) {
            client.close();
        }
        return result;
    }

    public static void main(String[] args) throws Exception {
        hosts = args[0];
        root = args[1];
        CuratorFramework client = connect();
        System.out.println("ready");
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in));
        for (String line = asked.readLine(); line != null; line = asked.readLine()) {
            String[] words = line.split(" ");
            int count = Integer.parseInt(words[1]);
            double seconds = Double.parseDouble(words[2]);
            try {
                switch (words[0]) {
                    case "solo_confirmed" -> System.out.println(solo(client, count, seconds));
                    case "recover" -> System.out.println(recover(client, count, seconds));
                    case "keys" -> System.out.println(keys(client, count, seconds));
                    case "hand_off" -> System.out.println(handOff(count, seconds));
                    default -> System.out.println("unknown");
                }
            } catch (Exception failure) { // said, and the next task goes on
                System.out.println("failed " + failure);
            }
        }
        client.close();
    }
}
