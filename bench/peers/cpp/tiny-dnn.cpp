// tiny-dnn's side of bench/peers/run.
#include <tiny_dnn/config.h>
#undef CNN_USE_GEMMLOWP // for quantized layers, which are not used
#include <tiny_dnn/tiny_dnn.h>

#include "peer.h"

using namespace tiny_dnn;
using activation::identity;
using activation::relu;
using activation::softmax;

// zero_pad puts a border of zeros round each image: tiny-dnn's convolutions have
// none or that which keeps the size.
class zero_pad : public layer {
public:
	zero_pad(serial_size_t size, serial_size_t channels, serial_size_t pad)
	    : layer({vector_type::data}, {vector_type::data}),
	      in(size, size, channels), out(size + 2 * pad, size + 2 * pad, channels), pad(pad) {}

	std::string layer_type() const override { return "zero-pad"; }
	std::vector<shape3d> in_shape() const override { return {in}; }
	std::vector<shape3d> out_shape() const override { return {out}; }

	void forward_propagation(const std::vector<tensor_t *> &x, std::vector<tensor_t *> &y) override {
		for_i(parallelize_, x[0]->size(), [&](int i) {
			rows([&](size_t from, size_t to) { std::copy_n(&(*x[0])[i][from], in.width_, &(*y[0])[i][to]); });
		});
	}

	void back_propagation(const std::vector<tensor_t *> &, const std::vector<tensor_t *> &,
	                      std::vector<tensor_t *> &dy, std::vector<tensor_t *> &dx) override {
		for_i(parallelize_, dx[0]->size(), [&](int i) {
			rows([&](size_t to, size_t from) { std::copy_n(&(*dy[0])[i][from], in.width_, &(*dx[0])[i][to]); });
		});
	}

private:
	shape3d in, out;
	serial_size_t pad;

	template <class F>
	void rows(F f) {
		for (serial_size_t c = 0; c < in.depth_; c++)
			for (serial_size_t r = 0; r < in.height_; r++)
				f(in.get_index(0, r, c), out.get_index(pad, r + pad, c));
	}
};

network<sequential> mlp() {
	network<sequential> net;
	net << fully_connected_layer<relu>(pixels, 50) << fully_connected_layer<softmax>(50, 10);
	return net;
}

network<sequential> simple() {
	network<sequential> net;
	net << convolutional_layer<relu>(28, 28, 5, 1, 30) << max_pooling_layer<identity>(24, 24, 30, 2)
	    << fully_connected_layer<relu>(4320, 100) << fully_connected_layer<softmax>(100, 10);
	return net;
}

// deep is without dropout: tiny-dnn's reads past its memory where a layer is
// narrower than the batch.
network<sequential> deep() {
	auto convolution = [](int size, int in, int out, padding pad = padding::same) {
		return convolutional_layer<relu>(size, size, 3, in, out, pad);
	};
	using pool = max_pooling_layer<identity>;
	network<sequential> net;
	net << convolution(28, 1, 16) << convolution(28, 16, 16) << pool(28, 28, 16, 2)
	    << convolution(14, 16, 32) << zero_pad(14, 32, 2) << convolution(18, 32, 32, padding::valid) << pool(16, 16, 32, 2)
	    << convolution(8, 32, 64) << convolution(8, 64, 64) << pool(8, 8, 64, 2)
	    << fully_connected_layer<relu>(1024, 50) << fully_connected_layer<softmax>(50, 10);
	return net;
}

template <class Rule>
struct Peer {
	network<sequential> net;
	Rule rule;
	std::vector<vec_t> xs;
	std::vector<label_t> labels;

	Peer(const Job &job, network<sequential> net) : net(net), labels(job.labels.begin(), job.labels.end()) {
		for (size_t i = 0; i < labels.size(); i++) {
			xs.emplace_back(job.images.begin() + i * pixels, job.images.begin() + (i + 1) * pixels);
			for (auto &v : xs[i])
				v /= 255;
		}
	}

	template <class F>
	double train(int batches, F prepared) {
		std::vector<vec_t> x(xs.begin(), xs.begin() + batches * batch_size);
		std::vector<label_t> t(labels.begin(), labels.begin() + batches * batch_size);
		bool first = true;
		net.template train<cross_entropy_multiclass>(
			rule, x, t, batch_size, 1, [&] { if (first) prepared(); first = false; }, [] {});
		double loss = 0;
		for (int i = 0; i < batch_size; i++)
			loss -= std::log(net.predict(xs[i])[labels[i]]) / batch_size;
		return loss;
	}

	void predict(int n) {
		std::vector<tensor_t> some;
		for (int i = 0; i < n; i++)
			some.push_back({xs[i]});
		net.predict(some);
	}
};

int main(int argc, char **argv) {
	Job job(argc, argv);
	const char *version = "tiny-dnn 1.0.0a3";
	if (job.net == "mlp") {
		Peer<gradient_descent> peer(job, mlp());
		peer.rule.alpha = 0.1;
		job.measure(version, peer);
	} else if (job.net == "simple") {
		Peer<adam> peer(job, simple());
		job.measure(version, peer);
	} else if (job.net == "deep") {
		Peer<adam> peer(job, deep());
		job.measure(version, peer);
	} else
		job.unknown();
}
