// dlib's side of bench/peers/run.
#include <dlib/dnn.h>
#include <dlib/revision.h>

#include "peer.h"

using namespace dlib;

using images = input<matrix<unsigned char>>;
template <long filters, long kernel, long pad, class Net>
using convolution = relu<add_layer<con_<filters, kernel, kernel, 1, 1, pad, pad>, Net>>;
template <class Net>
using pool = max_pool<2, 2, 2, 2, Net>;

using mlp = loss_multiclass_log<fc<10, relu<fc<50, images>>>>;
using simple = loss_multiclass_log<fc<10, relu<fc<100, pool<convolution<30, 5, 0, images>>>>>>;
template <template <class> class Dropout> // dlib's drops at inference too: multiply then takes its place
using deep = loss_multiclass_log<Dropout<fc<10, Dropout<relu<fc<50,
	pool<convolution<64, 3, 1, convolution<64, 3, 1,
	pool<convolution<32, 3, 2, convolution<32, 3, 1,
	pool<convolution<16, 3, 1, convolution<16, 3, 1, images>>>>>>>>>>>>>>>;

template <class Net, class Inference, class Rule>
struct Peer {
	Net net;
	Inference inference;
	dnn_trainer<Net, Rule> trainer;
	std::vector<matrix<unsigned char>> xs;
	std::vector<unsigned long> labels, predicted;

	Peer(const Job &job, Rule rule, double rate)
	    : trainer(net, rule), labels(job.labels.begin(), job.labels.end()), predicted(batch_size) {
		trainer.set_learning_rate(rate);
		for (size_t i = 0; i < labels.size(); i++)
			xs.push_back(mat(&job.images[i * pixels], side, side));
	}

	template <class F>
	double train(int batches, F prepared) {
		for (int b = 0; b < batches; b++) {
			trainer.train_one_step(xs.begin() + b * batch_size, xs.begin() + (b + 1) * batch_size, labels.begin() + b * batch_size);
			if (b == 0) {
				trainer.get_net(); // waits for the trainer's thread
				prepared();
			}
		}
		inference = trainer.get_net();
		return trainer.get_average_loss();
	}

	void predict(size_t n) { inference(xs.begin(), xs.begin() + n, predicted.begin()); }
};

template <class Net, class Inference, class Rule>
void run(Job &job, Rule rule, double rate) {
	Peer<Net, Inference, Rule> peer(job, rule, rate);
	job.measure("dlib " + std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION), peer);
}

int main(int argc, char **argv) {
	Job job(argc, argv);
	adam rule(0, 0.9, 0.999); // without the weight decay that dlib has by default
	if (job.net == "mlp")
		run<mlp, mlp>(job, sgd(0, 0), 0.1);
	else if (job.net == "simple")
		run<simple, simple>(job, rule, 0.001);
	else if (job.net == "deep")
		run<deep<dropout>, deep<multiply>>(job, rule, 0.001);
	else
		job.unknown();
}
