/* Data sets: views and copies, generated regression problems, IDX files from the made-up to the real ones,
   and every refusal with its reason. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/file.h>
#include <descent/hash.h>
#include <descent/image.h>
#include <descent/known_data.h>

#include "directory.h"
#include "gzip.h"
#include "test.h"

/* Two images of 1 x 3 and their labels. */
static const unsigned char images[] = {
    0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 51, 255, 102, 1, 2
};
static const unsigned char labels[] = { 0, 0, 8, 1, 0, 0, 0, 2, 9, 0 };

static dsc_dataset read_images(dsc_scope *scope, const char *directory)
{
    return dsc_idx_images(scope, directory_path(directory, "images"), directory_path(directory, "labels"));
}

static void idx_files_are_read_plain_and_compressed(void **state)
{
    unsigned char packed[200];
    const size_t size = gzip_pack(images, sizeof images, packed, sizeof packed);
    directory_put_bytes(*state, "labels", labels, sizeof labels);
    for (int compressed = 0; compressed < 2; compressed++) {
        directory_put_bytes(*state, "images", compressed ? packed : images,
                            compressed ? size : sizeof images);
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_dataset data = read_images(scope, *state);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(data.count, 2);
        assert_int_equal(data.features, 3);
        assert_int_equal(data.height * 100 + data.width * 10 + data.channels, 131);
        assert_int_equal(data.classes, 10);
        assert_int_equal(data.labels[0] * 10 + data.labels[1], 90);
        for (size_t i = 0; i < 6; i++)
            assert_true(dsc_dataset_value(&data, i / 3, i % 3) == images[16 + i] / 255.0);
        dsc_scope_close(&scope);
    }
}

static void damaged_idx_files_are_refused_with_name_expected_and_found(void **state)
{
    static const struct {
        int in_labels;   /* which file is changed */
        size_t at, size; /* the byte at a place, or the size */
        unsigned char value;
        const char *says;
    } cases[] = {
        { 0, 3, 22, 1,
          "expected an IDX file of images, a header of 16 bytes that begins with 0x00000803; found 22 bytes that begin with 0x00000801" },
        { 0, 2, 22, 13, "that begin with 0x00000d03" },
        { 0, 0, 0, 0, "found 0 bytes" },
        { 0, 0, 15, 0, "found 15 bytes" },
        { 0, 0, 21, 0, "the header says 2 x 1 x 3 images, 5 bytes follow it" },
        { 0, 7, 22, 1, "the header says 1 x 1 x 3 images, 6 bytes follow it" },
        { 0, 4, 22, 255, "the header says 4278190082 x 1 x 3" },
        { 0, 7, 22, 0, "the header says 0 x 1 x 3" },
        { 1, 0, 7, 0, "expected an IDX file of labels" },
        { 1, 7, 10, 3, "the header says 3 x 1 x 1 labels, 2 bytes follow it" },
        { 0, 0, 22, 'x', "found 22 bytes that begin with 0x78000803" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char bytes[2][32];
        memcpy(bytes[0], images, sizeof images);
        memcpy(bytes[1], labels, sizeof labels);
        bytes[cases[i].in_labels][cases[i].at] = cases[i].value;
        directory_put_bytes(*state, "images", bytes[0], cases[i].in_labels ? sizeof images : cases[i].size);
        directory_put_bytes(*state, "labels", bytes[1], cases[i].in_labels ? cases[i].size : sizeof labels);
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(read_images(scope, *state).bytes);
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        assert_non_null(strstr(dsc_scope_message(scope), cases[i].says));
        assert_non_null(strstr(dsc_scope_message(scope), cases[i].in_labels ? "/labels" : "/images"));
        dsc_scope_close(&scope);
    }
}

/* What is saved or named by mistake is called what it is, whoever reads it. */
static void files_of_other_kinds_are_named(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        { "\n <!DOCTYPE HTML>", 17,
          "found a web page (HTML) in place of the file: download the file itself" },
        { "<?xml version='1.0'?><Error/>", 29, "found an XML document in place of the file" },
        { "<?xml version='1.0'?><HTML>", 27, "found a web page" },
        { "{\"error\": 404}", 14, "found JSON in place of the file" },
        { "version https://git-lfs.github.com/spec/v1\noid", 46,
          "found a pointer of Git LFS: fetch the file with `git lfs pull`" },
        { "PK\3\4----------------------\11\0\0\0train.csv", 39,
          "found a zip archive, of 'train.csv' first: unpack" },
        { "PK\3\4----------------------\377\377\0\0train.csv", 39,
          "found a zip archive, of 'train.csv' first" },
        { "\3757zXZ\0", 6, "found a file packed by xz: unpack it with `unxz`" },
        { "\x1f\x8b\x08", 3, "is not a whole gzip file: it ends too early" },
        { "\x80\x04\x95", 3, "found a pickle of Python" },
        { "\x89HDF\r\n\x1a\n", 8, "found an HDF5 file" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        directory_put_bytes(*state, "other", cases[i].bytes, cases[i].size);
        const char *path = directory_path(*state, "other");
        for (int reader = 0; reader < 4; reader++) {
            dsc_scope *scope = dsc_scope_open(NULL);
            if (reader == 0)
                dsc_idx_images(scope, path, path);
            else if (reader == 1)
                dsc_cifar10_file(scope, path);
            else if (reader == 2)
                dsc_csv_read(scope, path, NULL);
            else
                dsc_image_read(scope, path);
            assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
            if (!strstr(dsc_scope_message(scope), cases[i].says))
                fail_msg("case %zu, reader %d: %s", i, reader, dsc_scope_message(scope));
            dsc_scope_close(&scope);
        }
    }
}

static void labels_beyond_nine_make_more_classes(void **state)
{
    static const unsigned char more[] = { 0, 0, 8, 1, 0, 0, 0, 2, 26, 1 };
    directory_put_bytes(*state, "images", images, sizeof images);
    directory_put_bytes(*state, "labels", more, sizeof more);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_dataset data = read_images(scope, *state);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(data.classes, 27);
    assert_int_equal(data.labels[0] * 100 + data.labels[1], 2601);
    dsc_scope_close(&scope);
}

static void images_without_as_many_labels_are_refused(void **state)
{
    static const unsigned char three[] = { 0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3 };
    directory_put_bytes(*state, "images", images, sizeof images);
    directory_put_bytes(*state, "labels", three, sizeof three);
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(read_images(scope, *state).bytes);
    assert_non_null(strstr(dsc_scope_message(scope), "/labels has 3 labels"));
    assert_non_null(strstr(dsc_scope_message(scope), "/images has 2 images"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    assert_null(
        dsc_idx_images(scope, directory_path(*state, "none"), directory_path(*state, "labels")).bytes);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FILE);
    dsc_scope_close(&scope);
}

static void directories_are_found_by_their_files(void **state)
{
    const char *const directory = *state;
    const dsc_known_data *mnist = dsc_known_data_find("mnist");
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_data_directory(scope, mnist, directory));
    assert_non_null(strstr(dsc_scope_message(scope), "data set 'mnist'"));
    assert_non_null(strstr(dsc_scope_message(scope), "has no train-images-idx3-ubyte.gz"));
    assert_non_null(strstr(dsc_scope_message(scope), "--data DIR or $DESCENT_DATA"));
    dsc_scope_close(&scope);

    static const char *const names[] = { "mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte.gz",
                                         "mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte" };
    for (size_t i = 0; i < 4; i++)
        directory_put(directory, names[i], "");
    scope = dsc_scope_open(NULL);
    const char *inside = dsc_path_join(scope, directory, "mnist");
    assert_string_equal(dsc_data_directory(scope, mnist, directory), inside);
    assert_string_equal(dsc_data_directory(scope, mnist, inside), inside);
    setenv("DESCENT_DATA", directory, 1);
    assert_string_equal(dsc_data_directory(scope, mnist, NULL), inside);
    unsetenv("DESCENT_DATA");
    assert_string_equal(dsc_data_file(scope, inside, "t10k-labels-idx1-ubyte.gz"),
                        directory_path(inside, "t10k-labels-idx1-ubyte"));
    assert_string_equal(dsc_data_file(scope, inside, "t10k-images-idx3-ubyte.gz"),
                        directory_path(inside, "t10k-images-idx3-ubyte.gz"));
    assert_string_equal(dsc_data_directory(scope, dsc_known_data_find("mnist1d"), NULL), "");
    assert_string_equal(dsc_scope_message(scope), "");
    assert_null(dsc_data_directory(scope, mnist, NULL));
    assert_non_null(strstr(dsc_scope_message(scope), "no directory was given"));
    dsc_scope_close(&scope);
}

/* As 7-Zip, Kaggle and torchvision leave them. */
static void files_and_folders_are_found_under_the_names_that_other_tools_give(void **state)
{
    static const struct {
        const char *set, *files[4], *found;
    } cases[] = {
        { "mnist",
          { "a/train-images.idx3-ubyte", "a/train-labels.idx1-ubyte", "a/t10k-images.idx3-ubyte.gz",
            "a/t10k-labels.idx1-ubyte/t10k-labels.idx1-ubyte" },
          "a" },
        { "mnist",
          { "b/MNIST/raw/train-images-idx3-ubyte", "b/MNIST/raw/train-labels-idx1-ubyte",
            "b/MNIST/raw/t10k-images-idx3-ubyte", "b/MNIST/raw/t10k-labels-idx1-ubyte" },
          "b/MNIST/raw" },
        { "fashion-mnist",
          { "c/raw/train-images-idx3-ubyte/train-images-idx3-ubyte", "c/raw/train-labels-idx1-ubyte",
            "c/raw/t10k-images-idx3-ubyte", "c/raw/t10k-labels-idx1-ubyte" },
          "c/raw" },
        { "cifar-10", { "d/cifar-10-batches-bin/data_batch_1_first4000.bin" }, "d/cifar-10-batches-bin" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t f = 0; f < 4 && cases[i].files[f]; f++)
            directory_put(*state, cases[i].files[f], "");
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_known_data *known = dsc_known_data_find(cases[i].set);
        const char top[] = { cases[i].found[0], 0 };
        const char *found = dsc_data_directory(scope, known, dsc_path_join(scope, *state, top));
        assert_string_equal(dsc_scope_message(scope), "");
        assert_string_equal(found, directory_path(*state, cases[i].found));
        size_t count;
        const dsc_known_file *files = dsc_data_files(known, found, &count);
        for (size_t f = 0; f < count; f++)
            assert_string_equal(dsc_data_file(scope, found, files[f].name),
                                directory_path(*state, cases[i].files[f]));
        dsc_scope_close(&scope);
    }
}

static void put_four(const char *directory, const char *folder)
{
    static const char *const names[] = { "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" };
    dsc_scope *scope = dsc_scope_open(NULL);
    for (size_t i = 0; i < 4; i++)
        directory_put(directory, dsc_path_join(scope, folder, names[i]), "");
    dsc_scope_close(&scope);
}

static void expect_recognized(const char *directory, const char *name, const char *says)
{
    static const char *const all[] = { "cifar-10", "mnist", "fashion-mnist", NULL };
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *found = NULL;
    const dsc_known_data *known = dsc_data_recognize(scope, all, directory, &found);
    if (!strstr(dsc_scope_message(scope), says))
        fail_msg("%s: %s", directory, dsc_scope_message(scope));
    assert_string_equal(known ? known->name : "", name);
    dsc_scope_close(&scope);
}

static void a_directory_is_recognized_by_digest_by_folder_or_by_names_of_files(void **state)
{
    const char *const directory = *state;
    expect_recognized(directory, "", "none of cifar-10, mnist and fashion-mnist");
    put_four(directory, "own");
    expect_recognized(directory_path(directory, "own"), "",
                      "has the files of mnist and fashion-mnist; choose one");
    put_four(directory, "mnist");
    expect_recognized(directory_path(directory, "mnist"), "mnist", "");
    expect_recognized(directory, "mnist", "");
    put_four(directory, "FashionMNIST/raw");
    expect_recognized(directory_path(directory, "FashionMNIST"), "fashion-mnist", "");
    expect_recognized(directory, "", "has the files of mnist and fashion-mnist; choose one");
    directory_put(directory, "cifar-10/data_batch_1_first4000.bin.gz", "");
    expect_recognized(directory, "", "has the files of cifar-10, mnist and fashion-mnist; choose one");
    const char *given = getenv("DESCENT_TEST_DATA");
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *shared = given && *given ? given : DESCENT_SHARED_DATA;
    const char *fashion = dsc_path_join(scope, shared, "fashion-mnist");
    if (dsc_file_exists(dsc_path_join(scope, fashion, "t10k-labels-idx1-ubyte.gz")))
        expect_recognized(fashion, "fashion-mnist", "");
    assert_null(dsc_known_data_find("no such set"));
    dsc_scope_close(&scope);
}

static void a_file_is_known_by_its_digest(void **state)
{
    (void)state;
    size_t count;
    const dsc_known_data *known = dsc_known_data_list(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < known[i].file_count; k++)
            if (known[i].files[k].sha256)
                assert_ptr_equal(dsc_known_data_of_file(known[i].files[k].sha256), &known[i]);
        for (size_t k = 0; k < known[i].other_count; k++)
            assert_ptr_equal(dsc_known_data_of_file(known[i].others[k].sha256), &known[i]);
    }
    assert_null(dsc_known_data_of_file("00"));
}

/* The real files: $DESCENT_DATA, or the place where this project's checks keep them. */
static void check_real(const char *name, const int32_t train[5], const int32_t test[5])
{
    const char *given = getenv("DESCENT_TEST_DATA");
    const char *directory = given && *given ? given : DESCENT_SHARED_DATA;
    const dsc_known_data *data = dsc_known_data_find(name);
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *found = dsc_data_directory(scope, data, directory);
    if (!found) {
        print_message("skipped: %s\n", dsc_scope_message(scope));
        dsc_scope_close(&scope);
        skip();
    }
    for (size_t i = 0; i < data->file_count; i++) {
        uint64_t size = 0;
        char hex[65];
        dsc_digest_hex(dsc_sha256_file(scope, dsc_data_file(scope, found, data->files[i].name), &size), hex);
        assert_int_equal(size, data->files[i].size);
        assert_string_equal(hex, data->files[i].sha256);
    }
    const dsc_split split = dsc_idx_directory(scope, found);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(split.train.count, 60000);
    assert_int_equal(split.test.count, 10000);
    assert_int_equal(split.train.features, 784);
    assert_memory_equal(split.train.labels, train, 5 * sizeof *train);
    assert_memory_equal(split.test.labels, test, 5 * sizeof *test);
    dsc_scope_close(&scope);
}

static void mnist_is_mnist(void **state)
{
    (void)state;
    check_real("mnist", (int32_t[]){ 5, 0, 4, 1, 9 }, (int32_t[]){ 7, 2, 1, 0, 4 });
}

static void fashion_mnist_is_fashion_mnist(void **state)
{
    (void)state;
    check_real("fashion-mnist", (int32_t[]){ 9, 0, 0, 3, 0 }, (int32_t[]){ 9, 2, 1, 1, 6 });
}

static void a_teachers_examples_do_not_depend_on_how_many_are_asked_for(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    double *b = NULL, *same = NULL;
    const dsc_teacher_options options = {
        .seed = 3, .count = 4000, .features = 20, .signal = 5, .noise = 0.25
    };
    dsc_teacher_options few = options;
    few.count = 7;
    const dsc_dataset data = dsc_teacher(scope, &options, &b), start = dsc_teacher(scope, &few, &same);
    assert_memory_equal(data.x, start.x, 7 * 20 * sizeof(double));
    assert_memory_equal(data.y, start.y, 7 * sizeof(double));
    assert_memory_equal(b, same, 20 * sizeof(double));
    double signal = 0, noise = 0, square = 0;
    for (size_t j = 0; j < 20; j++)
        signal += b[j] * b[j];
    for (size_t i = 0; i < data.count; i++) {
        double error = data.y[i];
        for (size_t j = 0; j < 20; j++) {
            error -= data.x[i * 20 + j] * b[j];
            square += pow(data.x[i * 20 + j], 2) / (20 * 4000);
        }
        noise += error * error / 4000;
    }
    assert_true(fabs(signal - 5) < 1e-13);
    assert_true(fabs(noise - 0.25) < 4 * 0.25 * sqrt(2.0 / 4000)); /* four standard errors */
    assert_true(fabs(square - 1) < 4 * sqrt(2.0 / 80000));
    few.noise = -1;
    assert_null(dsc_teacher(scope, &few, NULL).x);
    assert_non_null(strstr(dsc_scope_message(scope), "noise -1"));
    dsc_scope_close(&scope);
}

static void views_and_copies_show_the_same_examples(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    double x[] = { 1, 2, 3, 4, 0.1, 6 };
    int32_t classes[] = { 2, 0, 1 };
    const dsc_dataset data = {
        .name = "three", .count = 3, .features = 2, .classes = 3, .x = x, .labels = classes
    };
    const dsc_matrix hot = dsc_one_hot(scope, &data);
    static const double expected[] = { 0, 0, 1, 1, 0, 0, 0, 1, 0 };
    assert_memory_equal(hot.data, expected, sizeof expected);
    assert_true(dsc_to_f32(scope, x, 6)[4] == 0.1f);
    assert_int_equal(dsc_dataset_head(scope, &data, 2).count, 2);
    assert_int_equal(dsc_spline_points(scope).count, 20);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_null(dsc_dataset_head(scope, &data, 4).x);
    assert_non_null(strstr(dsc_scope_message(scope), "'three' has 3 examples; expected at least 4"));
    dsc_scope_close(&scope);
    for (int32_t wrong = -1; wrong <= 3; wrong += 4) {
        scope = dsc_scope_open(NULL);
        classes[1] = wrong;
        assert_null(dsc_one_hot(scope, &data).data);
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const char *data = getenv("DESCENT_DATA");
    setenv("DESCENT_TEST_DATA", data ? data : "", 1);
    unsetenv("DESCENT_DATA");
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(idx_files_are_read_plain_and_compressed),
        IN_DIRECTORY(damaged_idx_files_are_refused_with_name_expected_and_found),
        IN_DIRECTORY(files_of_other_kinds_are_named),
        IN_DIRECTORY(labels_beyond_nine_make_more_classes),
        IN_DIRECTORY(images_without_as_many_labels_are_refused),
        IN_DIRECTORY(directories_are_found_by_their_files),
        IN_DIRECTORY(files_and_folders_are_found_under_the_names_that_other_tools_give),
        IN_DIRECTORY(a_directory_is_recognized_by_digest_by_folder_or_by_names_of_files),
        cmocka_unit_test(a_file_is_known_by_its_digest),
        cmocka_unit_test(mnist_is_mnist),
        cmocka_unit_test(fashion_mnist_is_fashion_mnist),
        cmocka_unit_test(a_teachers_examples_do_not_depend_on_how_many_are_asked_for),
        cmocka_unit_test(views_and_copies_show_the_same_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
