import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** Java's pool of threads, with a parallel stream in it, and with a task submitted for each number. */
public class Pool {
	static long links(long rounds, long x) {
		for (; rounds > 0; rounds--) {
			x ^= x >>> 32;
			x = x * 0x9e3779b97f4a7c15L + 0x2545f4914f6cdd1dL;
		}
		return x;
	}

	interface Batch {
		long[] run(int tasks, long rounds) throws Exception;
	}

	static Batch stream(ForkJoinPool pool) {
		return (tasks, rounds) -> pool.submit(
				() -> IntStream.range(0, tasks).parallel().mapToLong(i -> links(rounds, i)).toArray()).get();
	}

	static Batch invokeAll(ForkJoinPool pool) {
		return (tasks, rounds) -> {
			List<Callable<Long>> calls = new ArrayList<>(tasks);
			for (int i = 0; i < tasks; i++) {
				long seed = i;
				calls.add(() -> links(rounds, seed));
			}
			long[] outputs = new long[tasks];
			int i = 0;
			for (Future<Long> f : pool.invokeAll(calls)) {
				outputs[i++] = f.get();
			}
			return outputs;
		};
	}

	/** Runs a batch, whose last outputs are kept, and returns the seconds. */
	static double timed(Batch batch, int tasks, long rounds) throws Exception {
		long begun = System.nanoTime();
		outputs = batch.run(tasks, rounds);
		return (System.nanoTime() - begun) / 1e9;
	}

	static long[] outputs;

	/** Has the compiler see all of it, for as long as it gains anything from that. */
	static void warm(Batch batch, int tasks, int batches) throws Exception {
		for (int i = 0; i < 40 * batches; i++) {
			batch.run(tasks, 16 << i % 4);
		}
	}

	static String sweep(Batch batch, double enough, int tasks, int batches, int processors, long longest) throws Exception {
		int peak = 1 << 19;
		double perRound = Double.POSITIVE_INFINITY, efficiency = 0;
		List<String> points = new ArrayList<>();
		for (long rounds = 1; rounds <= longest && efficiency < enough; rounds *= 2) {
			double least = Double.POSITIVE_INFINITY;
			for (int b = 0; b < batches; b++) {
				perRound = Math.min(perRound, timed(batch, processors, peak) / peak);
				least = Math.min(least, timed(batch, tasks, rounds));
			}
			long sum = 0;
			for (int i = 0; i < tasks; i++) {
				sum += (i + 1) * outputs[i];
			}
			points.add("{\"rounds\": %d, \"seconds\": %s, \"sum\": %s}".formatted(rounds, least, Long.toUnsignedString(sum)));
			efficiency = tasks * rounds * perRound / (least * processors);
		}
		return "{\"ns_per_round\": %s, \"points\": [%s]}".formatted(perRound * 1e9, String.join(", ", points));
	}

	public static void main(String[] args) throws Exception {
		if (Runtime.version().feature() < 17) {
			System.exit(1);
		}
		if (args[0].equals("version")) {
			return;
		}
		ForkJoinPool pool = new ForkJoinPool(Integer.parseInt(args[1]));
		Batch batch = args[0].equals("stream") ? stream(pool) : invokeAll(pool);
		int tasks = Integer.parseInt(args[3]), batches = Integer.parseInt(args[4]);
		warm(batch, tasks, batches);
		System.out.println(sweep(batch, Double.parseDouble(args[2]), tasks, batches, Integer.parseInt(args[5]), Long.parseLong(args[6])));
		pool.shutdown();
	}
}
