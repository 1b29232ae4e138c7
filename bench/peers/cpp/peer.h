// What the C++ peers of bench/peers/run share: the data, the clock and the
// line of JSON.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

constexpr int batch_size = 100, side = 28, pixels = side * side;

struct Job {
	std::string net;
	int batches;
	std::vector<unsigned char> images, labels;

	Job(int argc, char **argv) {
		if (argc != 4) {
			fprintf(stderr, "usage: %s DATA NET BATCHES\n", argv[0]);
			exit(2);
		}
		net = argv[2];
		batches = atoi(argv[3]);
		images = read(std::string(argv[1]) + "/images.bin");
		labels = read(std::string(argv[1]) + "/labels.bin");
	}

	// measure times a peer, which has train(n, prepared), a step with each of the
	// first n batches, where prepared is to be called after the first one, and which
	// returns their loss; and predict(n), of the first n images.
	template <class Peer>
	void measure(const std::string &version, Peer &peer) {
		clock::time_point start;
		double loss = peer.train(batches + 1, [&] { start = clock::now(); });
		double seconds = since(start) * (labels.size() / batch_size) / batches;
		double one = each([&] { peer.predict(1); }), many = each([&] { peer.predict(batch_size); });
		rusage usage;
		getrusage(RUSAGE_SELF, &usage);
		printf("{\"version\": \"%s\", \"seconds\": [%g], \"loss\": %g, \"latency\": %g, \"images_per_second\": %g, \"memory\": %ld}\n",
		       version.c_str(), seconds, loss, one, batch_size / many, usage.ru_maxrss * 1024);
	}

	void unknown() {
		fprintf(stderr, "unknown network %s\n", net.c_str());
		exit(1);
	}

private:
	using clock = std::chrono::steady_clock;

	static double since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

	// each is the mean time of as many calls as half a second takes, after one to
	// warm up.
	template <class F>
	static double each(F f) {
		f();
		auto start = clock::now();
		int n = 0;
		do {
			f();
			n++;
		} while (since(start) < 0.5);
		return since(start) / n;
	}

	static std::vector<unsigned char> read(const std::string &path) {
		std::ifstream f(path, std::ios::binary);
		if (!f) {
			fprintf(stderr, "cannot read %s\n", path.c_str());
			exit(1);
		}
		return {std::istreambuf_iterator<char>(f), {}};
	}
};
