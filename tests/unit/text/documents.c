/* Documents are what lines and files hold, in UTF-8 whatever the encoding was; what is wrong with a file is
   told with its line and byte. */
#include <string.h>

#include <descent/documents.h>

#include "test.h"

#include "directory.h"
#include "gzip.h"

static const dsc_documents *read_text(dsc_scope *scope, const char *directory, const char *content,
                                      const dsc_documents_options *options)
{
    directory_put(directory, "text", content);
    return dsc_documents_read_lines(scope, directory_path(directory, "text"), options);
}

static void lines_are_documents(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_documents *d = read_text(scope, *state,
                                       "\xef\xbb\xbf"
                                       "one two\r\n\n \t \nthree\nno end",
                                       NULL);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(d->count, 3);
    assert_string_equal(d->texts[0], "one two");
    assert_string_equal(d->texts[1], "three");
    assert_string_equal(d->texts[2], "no end");
    assert_true(d->classes == 1 && d->labels[2] == 0);
    dsc_scope_close(&scope);
}

static void fields_hold_label_and_text(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_documents *d = read_text(scope, *state, "1\t9\tid\tgood\ttext\n0\t1\tid\t\n",
                                       &(dsc_documents_options){ .fields = 4 });
    assert_string_equal(dsc_scope_message(scope), "");
    assert_true(d->count == 2 && d->classes == 2 && d->labels[0] == 1 && d->labels[1] == 0);
    assert_string_equal(d->texts[0], "good\ttext");
    assert_string_equal(d->texts[1], "");
    d = read_text(scope, *state, "5 How far ?\n", &(dsc_documents_options){ .fields = 2, .separator = ' ' });
    assert_true(d->classes == 6 && d->labels[0] == 5);
    assert_string_equal(d->texts[0], "How far ?");
    const dsc_documents *other = read_text(scope, *state, "x\ny\n", &(dsc_documents_options){ .label = 7 });
    const dsc_documents *joined = dsc_documents_join(scope, (const dsc_documents *const[]){ d, other }, 2);
    assert_true(joined->count == 3 && joined->classes == 8 && joined->labels[2] == 7);
    assert_string_equal(joined->texts[1], "x");
    assert_null(dsc_documents_join(scope, (const dsc_documents *const[]){ d, NULL }, 2));
    dsc_scope_close(&scope);
}

static void encodings_become_utf8(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    static const char bytes[] = "caf\xe9 \x93quoted\x94 \x80 \xff\n";
    const dsc_documents *d =
        read_text(scope, *state, bytes, &(dsc_documents_options){ .encoding = DSC_ENCODING_WINDOWS_1252 });
    assert_string_equal(d->texts[0], "caf\xc3\xa9 \xe2\x80\x9cquoted\xe2\x80\x9d \xe2\x82\xac \xc3\xbf");
    d = read_text(scope, *state, bytes, &(dsc_documents_options){ .encoding = DSC_ENCODING_ISO_8859_1 });
    assert_string_equal(d->texts[0], "caf\xc3\xa9 \xc2\x93quoted\xc2\x94 \xc2\x80 \xc3\xbf");
    unsigned char packed[200];
    directory_put_bytes(*state, "packed", packed, gzip_pack("a\nb\n", 4, packed, sizeof packed));
    assert_int_equal(dsc_documents_read_lines(scope, directory_path(*state, "packed"), NULL)->count, 2);
    assert_string_equal(dsc_scope_message(scope), "");
    dsc_scope_close(&scope);
}

static void files_in_folders_are_documents(void **state)
{
    directory_put(*state, "neg/b.txt", "second");
    directory_put(*state, "neg/a.txt", "first\nwith lines\n");
    directory_put(*state, "neg/.hidden", "\xff");
    directory_put(*state, "pos/c.txt", "");
    const char *const folders[] = { "neg", "pos", NULL };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_documents *d = dsc_documents_read_folders(scope, *state, folders, NULL);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_true(d->count == 3 && d->classes == 2 && d->labels[0] == 0 && d->labels[2] == 1);
    assert_string_equal(d->texts[0], "first\nwith lines\n");
    assert_string_equal(d->texts[1], "second");
    assert_string_equal(d->texts[2], "");
    directory_put(*state, "pos/d.txt", "fine\nbut \xc3( here");
    assert_null(dsc_documents_read_folders(scope, *state, folders, NULL));
    assert_non_null(strstr(dsc_scope_message(scope), "d.txt', line 2"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    const char *const missing[] = { "neg", "nowhere", NULL };
    assert_null(dsc_documents_read_folders(scope, *state, missing, NULL));
    assert_non_null(strstr(dsc_scope_message(scope), "nowhere"));
    dsc_scope_close(&scope);
}

static void expect_refusal(const char *directory, const char *content, const dsc_documents_options *options,
                           const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(read_text(scope, directory, content, options));
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("expected '%s' in: %s", message, dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    const dsc_documents_options fields = { .fields = 2 };
    expect_refusal(*state, "fine\nna\xefve\n", NULL,
                   "line 2: expected text in UTF-8, found the byte 0xef as the line's byte 3");
    expect_refusal(*state, "cut \xe2\x82", NULL,
                   "line 1: expected text in UTF-8, found the byte 0xe2 as the line's byte 5");
    expect_refusal(*state, "a\x81\n", &(dsc_documents_options){ .encoding = DSC_ENCODING_WINDOWS_1252 },
                   "found the byte 0x81 as the line's byte 2");
    expect_refusal(*state, "", NULL, "found an empty text");
    expect_refusal(*state, "\n  \n", NULL, "found an empty text");
    expect_refusal(*state, "1\ta\nb\n", &fields, "line 2: expected 2 fields with tabs between them, found 1");
    expect_refusal(*state, "1\ta\nx1\tb\n", &fields, "line 2: expected a label");
    expect_refusal(*state, "1000\ta\n", &fields, "found '1000'");
    expect_refusal(*state, "-1\ta\n", &fields, "found '-1'");
    expect_refusal(*state, "\ta\n", &fields, "found ''");
    expect_refusal(*state, "a\n", &(dsc_documents_options){ .fields = 1 }, "at least 2 fields");
    expect_refusal(*state, "abcdef\n", &(dsc_documents_options){ .most_bytes = 3 }, "text");
    directory_put_bytes(*state, "zeros", "a\0b", 3);
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_documents_read_lines(scope, directory_path(*state, "zeros"), NULL));
    assert_non_null(
        strstr(dsc_scope_message(scope), "found the byte 0x00 as the line's byte 2; this is not a text"));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_are_documents, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(fields_hold_label_and_text, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(encodings_become_utf8, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(files_in_folders_are_documents, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_told_with_its_place, directory_make,
                                        directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
