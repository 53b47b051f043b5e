/* A standing pool of POSIX threads that claims slices of a batch, large ones
 * first: what levels/thread does, with nothing else to do. A task is its place
 * in the batch, and its output a number. It prints a sweep as JSON. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t links(uint64_t rounds, uint64_t x) {
	for (; rounds > 0; rounds--) {
		x ^= x >> 32;
		x = x * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
	}
	return x;
}

static long workers, tasks;
static uint64_t rounds, *outputs;
static atomic_long next_task;

/* The batch is offered by its number, and waited for by a count. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t offered = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static long batch, size, busy;

/* claim takes the next slice, and returns its size: guided self-scheduling. */
static long claim(long *lo) {
	*lo = atomic_load(&next_task);
	for (;;) {
		long rest = size - *lo, n = rest / (2 * workers);
		if (rest <= 0)
			return 0;
		n = n < 1 ? 1 : n > 1024 ? 1024 : n;
		if (atomic_compare_exchange_weak(&next_task, lo, *lo + n))
			return n;
	}
}

static void *work(void *unused) {
	for (long seen = 0;;) {
		pthread_mutex_lock(&lock);
		while (batch == seen)
			pthread_cond_wait(&offered, &lock);
		seen = batch;
		pthread_mutex_unlock(&lock);
		if (size < 0)
			return unused;
		for (long lo, n; (n = claim(&lo)) > 0;)
			for (long i = lo; i < lo + n; i++)
				outputs[i] = links(rounds, (uint64_t)i);
		pthread_mutex_lock(&lock);
		if (--busy == 0)
			pthread_cond_signal(&done);
		pthread_mutex_unlock(&lock);
	}
}

/* run has the pool do n tasks, and returns the seconds. With n < 0 it ends. */
static double run(long n, uint64_t r) {
	struct timespec begun, ended;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	pthread_mutex_lock(&lock);
	size = n, rounds = r, busy = workers, batch++;
	atomic_store(&next_task, 0);
	pthread_cond_broadcast(&offered);
	while (n >= 0 && busy > 0)
		pthread_cond_wait(&done, &lock);
	pthread_mutex_unlock(&lock);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	return (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9;
}

static void sweep(double enough, long batches, long processors, uint64_t longest) {
	double per_round = INFINITY, efficiency = 0;
	const char *comma = "";
	printf("{\"points\": [");
	for (uint64_t r = 1; r <= longest && efficiency < enough; r *= 2, comma = ", ") {
		double least = INFINITY;
		for (long b = 0; b < batches; b++) {
			per_round = fmin(per_round, run(processors, 1 << 19) / (1 << 19));
			least = fmin(least, run(tasks, r));
		}
		uint64_t sum = 0;
		for (long i = 0; i < tasks; i++)
			sum += (uint64_t)(i + 1) * outputs[i];
		printf("%s{\"rounds\": %llu, \"seconds\": %.9f, \"sum\": %llu}", comma, (unsigned long long)r, least, (unsigned long long)sum);
		efficiency = (double)tasks * (double)r * per_round / (least * (double)processors);
	}
	printf("], \"ns_per_round\": %.9f}\n", per_round * 1e9);
}

int main(int argc, char **argv) {
	if (argc != 7)
		return 2;
	workers = atol(argv[1]), tasks = atol(argv[3]);
	outputs = calloc((size_t)tasks, sizeof *outputs);
	pthread_t *crew = calloc((size_t)workers, sizeof *crew);
	if (outputs == NULL || crew == NULL)
		return 1;
	for (long i = 0; i < workers; i++)
		if (pthread_create(&crew[i], NULL, work, NULL) != 0)
			return 1;
	run(tasks, 1000); /* and the workers have started */
	sweep(atof(argv[2]), atol(argv[4]), atol(argv[5]), strtoull(argv[6], NULL, 10));
	run(-1, 0);
	for (long i = 0; i < workers; i++)
		pthread_join(crew[i], NULL);
	return 0;
}
