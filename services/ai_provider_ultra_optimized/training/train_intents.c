/* train_intents EXAMPLES WORDS MODEL: trains the classifier from the labelled lines, with
 * the folder of the search's word lists, and writes the model. The same input gives the
 * same bytes. With --cross it trains on parts of the lines, says how well the rest is
 * read, and writes nothing: for choosing settings, never part of the build. */
#include "augment.h"
#include "calibrate.h"
#include "examples.h"
#include "fit.h"
#include "vocabulary.h"

#include <svc/mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 3, CROSS_FOLDS = 5 };

struct options {
    struct fit_settings fit;
    int variants; /* of each line, beside itself */
    size_t folds;
    bool cross;
    bool show_misses;
    const char *paths[3];
};

struct set {
    struct sample *samples; /* those of line i: i * (1 + variants) and on */
    size_t count;
    size_t each;
};

static void add_sample(struct set *set, const struct vocabulary *vocabulary,
    const char *text, enum intent_state state, enum intent intent)
{
    static struct normal_text normal;
    static struct features features;
    struct word_table words = vocabulary_table(vocabulary);

    normalise((struct svc_slice){text, strlen(text)}, &normal);
    features_read(&words, &normal, state, &features);
    size_t size = features.count * sizeof features.list[0];
    struct feature *kept = svc_alloc(size + 1);
    memcpy(kept, features.list, size);
    set->samples[set->count++] = (struct sample){
        .features = kept,
        .count = features.count,
        .intent = intent,
    };
}

static struct set make_set(const struct options *options, const struct examples *examples,
    const struct vocabulary *vocabulary)
{
    uint64_t random = options->fit.seed;
    char text[1024];
    struct set set = {.each = 1 + (size_t)options->variants};

    set.samples = svc_alloc_zero(examples->count * set.each, sizeof *set.samples);
    for (size_t i = 0; i < examples->count; i++) {
        const struct example *example = &examples->list[i];
        enum intent_state state = STATE_NONE;
        add_sample(&set, vocabulary, example->text, example->state, example->intent);
        for (int k = 0; k < options->variants; k++) {
            augment(example, vocabulary, &random, text, sizeof text, &state);
            add_sample(&set, vocabulary, text, state, example->intent);
        }
    }
    return set;
}

/* An intent with few lines counts more, as far as `balance` says. */
static void set_weights(const struct options *options, struct set *set)
{
    size_t counts[INTENTS] = {0};

    for (size_t i = 0; i < set->count; i++) {
        counts[set->samples[i].intent]++;
    }
    double mean = (double)set->count / INTENTS;
    for (size_t i = 0; i < set->count; i++) {
        double rare = mean / (double)counts[set->samples[i].intent];
        double balance = (double)options->fit.balance;
        set->samples[i].weight = (float)(1 - balance + balance * rare);
        set->samples[i].weight *= i % set->each == 0 ? 1 : 0.5F;
    }
}

/* Neighbours in the file are alike, so that they go into one fold. */
static size_t fold_of(const struct options *options, size_t line)
{
    return line / 12 % options->folds;
}

/* Trains on all but one fold, and guesses that one, for each. */
static void guess_folds(
    const struct options *options, const struct set *set, struct guess *guesses)
{
    struct sample *some = svc_alloc(set->count * sizeof *some);

    for (size_t fold = 0; fold < options->folds; fold++) {
        struct weights weights;
        size_t count = 0;
        for (size_t i = 0; i < set->count; i++) {
            if (fold_of(options, i / set->each) != fold) {
                some[count++] = set->samples[i];
            }
        }
        fit(&options->fit, some, count, &weights);
        for (size_t i = 0; i < set->count; i += set->each) {
            if (fold_of(options, i / set->each) == fold) {
                guesses[i / set->each] = guess_make(&weights, &set->samples[i]);
            }
        }
        fit_done(&weights);
    }
    free(some);
}

static void show(const struct options *options, const struct examples *examples,
    const struct guess *guesses)
{
    size_t right = 0;

    for (size_t i = 0; i < examples->count; i++) {
        const struct example *example = &examples->list[i];
        bool is_right = guesses[i].intent == example->intent;
        right += is_right;
        if (!is_right && options->show_misses) {
            printf("%zu\t%s\t%s\t%.2f\t%d\t%s\n", i + 2, intent_name(example->intent),
                intent_name(guesses[i].intent), (double)guesses[i].probability,
                (int)example->state, example->text);
        }
    }
    fprintf(stderr, "right: %.4f\n", (double)right / (double)examples->count);
    guess_report(guesses, examples->count);
}

static void read_number(struct options *options, const char *argument)
{
    double value = 0;
    char name[32];

    if (sscanf(argument, "--%31[a-z]=%lf", name, &value) != 2) {
        options->cross = options->cross || strcmp(argument, "--cross") == 0;
        options->show_misses = options->show_misses || strcmp(argument, "--misses") == 0;
        return;
    }
    if (strcmp(name, "epochs") == 0) {
        options->fit.epochs = (int)value;
    } else if (strcmp(name, "rate") == 0) {
        options->fit.rate = (float)value;
    } else if (strcmp(name, "decay") == 0) {
        options->fit.decay = (float)value;
    } else if (strcmp(name, "smoothing") == 0) {
        options->fit.smoothing = (float)value;
    } else if (strcmp(name, "balance") == 0) {
        options->fit.balance = (float)value;
    } else if (strcmp(name, "variants") == 0) {
        options->variants = (int)value;
    } else if (strcmp(name, "bits") == 0) {
        options->fit.buckets = 1u << (int)value;
    }
}

static struct options read_options(int argc, char **argv)
{
    struct options options = {
        .fit = {.buckets = 1u << 16,
            .epochs = 4,
            .rate = 0.3F,
            .decay = 1e-5F,
            .smoothing = 0.05F,
            .balance = 0.3F,
            .seed = 20260101},
        .variants = 5,
    };
    size_t paths = 0;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-') {
            read_number(&options, argv[i]);
        } else if (paths < 3) {
            options.paths[paths++] = argv[i];
        }
    }
    options.folds = options.cross ? CROSS_FOLDS : FOLDS;
    if (paths < 3) {
        fprintf(stderr, "usage: train_intents EXAMPLES WORDS MODEL [--cross]\n");
        exit(2);
    }
    return options;
}

static void set_done(struct set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free((void *)set->samples[i].features);
    }
    free(set->samples);
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    struct examples examples;
    struct vocabulary vocabulary;

    examples_load(options.paths[0], &examples);
    vocabulary_read(options.paths[1], &examples, &vocabulary);
    struct set set = make_set(&options, &examples, &vocabulary);
    struct guess *guesses = svc_alloc_zero(examples.count, sizeof *guesses);
    set_weights(&options, &set);
    guess_folds(&options, &set, guesses);
    if (options.cross) {
        show(&options, &examples, guesses);
    } else {
        struct weights weights;
        fit(&options.fit, set.samples, set.count, &weights);
        model_write(options.paths[2], &weights, &vocabulary, guesses, examples.count);
        fit_done(&weights);
    }
    free(guesses);
    set_done(&set);
    vocabulary_done(&vocabulary);
    examples_done(&examples);
    return 0;
}
