/* plot_words.c - text from a results file made fit for one line of a picture, a script, LaTeX or a terminal:
   the only place where it is escaped. */
#include "lab/plot.h"

#include <string.h>

const char *dsci_text_clean(dsc_scope *scope, const char *text, size_t most)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    char *copy = dsc_scope_alloc(scope, 4 * most + sizeof ellipsis, 1);
    char *end = copy;
    for (size_t n = 0; copy && *text; n++) {
        uint32_t code = 0;
        const size_t bytes = dsc_utf8_read(text, &code);
        if (n == most) {
            memcpy(end, ellipsis, sizeof ellipsis);
            break;
        }
        if (bytes == 0 || dsc_utf8_controls(code))
            *end++ = bytes == 0 ? '?' : ' ';
        else
            end = mempcpy(end, text, bytes);
        text += bytes ? bytes : 1;
    }
    return copy ? copy : "";
}

size_t dsci_text_length(const char *text)
{
    size_t length = 0;
    for (; *text; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}

/* ---- gnuplot ---- */

/* Between single quotes gnuplot takes text as it is; an apostrophe, which it would misread next to a quote,
   and control characters need double quotes, between which everything that means something there is written
   in octal: quotes, backslashes, commands in backquotes, macros. */
void dsci_script_quote(dsc_text *out, const char *text)
{
    bool plain = true;
    for (const char *c = text; *c; c++)
        plain = plain && *c != '\'' && (unsigned char)*c >= ' ' && *c != 0x7f;
    dsc_text_append(out, plain ? "'" : "\"");
    for (const char *c = text; *c; c++)
        if (plain || ((unsigned char)*c >= ' ' && *c != 0x7f && !strchr("\"\\`@$'", *c)))
            dsc_text_append_bytes(out, c, 1);
        else
            dsc_text_format(out, "\\%03o", (unsigned)(unsigned char)*c);
    dsc_text_append(out, plain ? "'" : "\"");
}

void dsci_script_pair(dsc_text *out, const char *plain, const char *latex)
{
    if (strcmp(plain, latex) == 0) {
        dsci_script_quote(out, plain);
        return;
    }
    dsc_text_append(out, "T(");
    dsci_script_quote(out, plain);
    dsc_text_append(out, ",");
    dsci_script_quote(out, latex);
    dsc_text_append(out, ")");
}

void dsci_script_text(dsc_text *out, dsc_scope *scope, const char *text, size_t most)
{
    const char *plain = dsci_text_clean(scope, text, most);
    dsci_script_pair(out, plain, dsci_latex(scope, plain));
}

/* gnuplot prints the labels of ticks by a format, in which a percent sign is written twice. */
void dsci_script_tick(dsc_text *out, dsc_scope *scope, const char *text, size_t most)
{
    const char *plain = dsci_text_clean(scope, text, most);
    const char *const forms[] = { plain, dsci_latex(scope, plain) };
    dsc_text *doubled[2];
    for (int form = 0; form < 2; form++) {
        doubled[form] = dsc_text_open(scope);
        for (const char *c = forms[form]; *c; c++)
            dsc_text_append_bytes(doubled[form], *c == '%' ? "%%" : c, *c == '%' ? 2 : 1);
    }
    if (dsc_text_string(doubled[0]) && dsc_text_string(doubled[1]))
        dsci_script_pair(out, dsc_text_string(doubled[0]), dsc_text_string(doubled[1]));
}

/* ---- LaTeX ---- */

static const struct {
    const char *character, *latex;
} latex_characters[] = {
    { "\\", "\\textbackslash{}" },
    { "{", "\\{" },
    { "}", "\\}" },
    { "$", "\\$" },
    { "&", "\\&" },
    { "#", "\\#" },
    { "_", "\\_" },
    { "%", "\\%" },
    { "~", "\\textasciitilde{}" },
    { "^", "\\textasciicircum{}" },
    { "<", "$<$" },
    { ">", "$>$" },
    { "|", "$|$" },
    { "\"", "\\char34{}" },
    { "±", "$\\pm$" },
    { "×", "$\\times$" },
    { "·", "$\\cdot$" },
    { "÷", "$\\div$" },
    { "¹", "$^{1}$" },
    { "²", "$^{2}$" },
    { "³", "$^{3}$" },
    { "µ", "$\\mu$" },
    { "°", "$^{\\circ}$" },
    { "−", "$-$" },
    { "≤", "$\\leq$" },
    { "≥", "$\\geq$" },
    { "≠", "$\\neq$" },
    { "≈", "$\\approx$" },
    { "∞", "$\\infty$" },
    { "√", "$\\surd$" },
    { "∑", "$\\sum$" },
    { "∂", "$\\partial$" },
    { "∇", "$\\nabla$" },
    { "→", "$\\rightarrow$" },
    { "←", "$\\leftarrow$" },
    { "‖", "$\\Vert$" },
    { "∈", "$\\in$" },
    { "∝", "$\\propto$" },
    { "Γ", "$\\Gamma$" },
    { "Δ", "$\\Delta$" },
    { "Θ", "$\\Theta$" },
    { "Λ", "$\\Lambda$" },
    { "Σ", "$\\Sigma$" },
    { "Φ", "$\\Phi$" },
    { "Ψ", "$\\Psi$" },
    { "Ω", "$\\Omega$" },
    { "α", "$\\alpha$" },
    { "β", "$\\beta$" },
    { "γ", "$\\gamma$" },
    { "δ", "$\\delta$" },
    { "ε", "$\\varepsilon$" },
    { "ζ", "$\\zeta$" },
    { "η", "$\\eta$" },
    { "θ", "$\\theta$" },
    { "κ", "$\\kappa$" },
    { "λ", "$\\lambda$" },
    { "μ", "$\\mu$" },
    { "ν", "$\\nu$" },
    { "ξ", "$\\xi$" },
    { "π", "$\\pi$" },
    { "ρ", "$\\rho$" },
    { "σ", "$\\sigma$" },
    { "τ", "$\\tau$" },
    { "φ", "$\\varphi$" },
    { "χ", "$\\chi$" },
    { "ψ", "$\\psi$" },
    { "ω", "$\\omega$" },
    { "…", "\\ldots{}" },
    { "–", "--" },
    { "—", "---" },
    { "‘", "`" },
    { "’", "'" },
    { "“", "``" },
    { "”", "''" },
    { "\xc2\xa0", "~" },
};

/* Letters of Latin-1 and Latin Extended-A that LaTeX's first fonts can put together. */
static bool is_latin(const char *character, size_t bytes)
{
    static const unsigned lacking[] = { 0xd0,  0xd7,  0xde,  0xf0,  0xf7,  0xfe,  0x104, 0x105, 0x110,
                                        0x111, 0x118, 0x119, 0x126, 0x127, 0x12e, 0x12f, 0x138, 0x13f,
                                        0x140, 0x149, 0x14a, 0x14b, 0x166, 0x167, 0x172, 0x173 };
    const unsigned char *c = (const unsigned char *)character;
    const unsigned code = bytes == 2 ? (c[0] & 0x1fu) << 6 | (c[1] & 0x3fu) : 0;
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++)
        if (code == lacking[i])
            return false;
    return code >= 0xc0 && code <= 0x17e;
}

/* What a character is in LaTeX. Two of these signs side by side would become another one ("--" a dash). */
static void put_latex(dsc_text *out, const char *character, size_t bytes)
{
    for (size_t i = 0; i < sizeof latex_characters / sizeof latex_characters[0]; i++)
        if (strncmp(character, latex_characters[i].character, bytes) == 0 &&
            latex_characters[i].character[bytes] == '\0') {
            dsc_text_append(out, latex_characters[i].latex);
            return;
        }
    if (bytes > 1 && !is_latin(character, bytes)) {
        dsc_text_append(out, "?");
        return;
    }
    dsc_text_append_bytes(out, character, bytes);
    if (strchr("-'`,?!", *character))
        dsc_text_append(out, "{}");
}

const char *dsci_latex(dsc_scope *scope, const char *text)
{
    dsc_text *out = dsc_text_open(scope);
    while (*text) {
        const size_t bytes = dsc_utf8_read(text, NULL);
        put_latex(out, bytes ? text : "?", bytes ? bytes : 1);
        text += bytes ? bytes : 1;
    }
    return dsc_text_string(out) ? dsc_text_string(out) : "";
}

/* A name that LaTeX reads as that of a file wherever it stands, another one for every text. */
const char *dsci_latex_file(dsc_scope *scope, const char *text)
{
    dsc_text *out = dsc_text_open(scope);
    for (; *text; text++)
        if ((*text >= '0' && *text <= '9') || ((*text | 0x20) >= 'a' && (*text | 0x20) <= 'z') ||
            *text == '-' || *text == '_' || *text == '+')
            dsc_text_append_bytes(out, text, 1);
        else
            dsc_text_format(out, "=%02x", (unsigned)(unsigned char)*text);
    return dsc_text_string(out) ? dsc_text_string(out) : "";
}
