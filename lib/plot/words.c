/* words.c - text from a results file made fit for one line of a picture, a script, LaTeX or a terminal:
   the only place where it is escaped. */
#include "plot/plot.h"

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

size_t dsci_text_characters(const char *text)
{
    size_t length = 0;
    for (; *text; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}

size_t dsci_text_line(const char *text, size_t most)
{
    size_t bytes = 0, blank = 0, characters = 0;
    while (text[bytes] && characters < most) {
        blank = text[bytes] == ' ' ? bytes : blank;
        do
            bytes++;
        while (((unsigned char)text[bytes] & 0xc0) == 0x80);
        characters++;
    }
    return text[bytes] == '\0' || text[bytes] == ' ' || blank == 0 ? bytes : blank;
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

static const struct character {
    const char *character, *latex, *ascii;
} characters[] = {
    { "\\", "\\textbackslash{}", "\\" },
    { "{", "\\{", "{" },
    { "}", "\\}", "}" },
    { "$", "\\$", "$" },
    { "&", "\\&", "&" },
    { "#", "\\#", "#" },
    { "_", "\\_", "_" },
    { "%", "\\%", "%" },
    { "~", "\\textasciitilde{}", "~" },
    { "^", "\\textasciicircum{}", "^" },
    { "<", "$<$", "<" },
    { ">", "$>$", ">" },
    { "|", "$|$", "|" },
    { "\"", "\\char34{}", "\"" },
    { "±", "$\\pm$", "+-" },
    { "×", "$\\times$", "x" },
    { "·", "$\\cdot$", "*" },
    { "÷", "$\\div$", "/" },
    { "¹", "$^{1}$", "^1" },
    { "²", "$^{2}$", "^2" },
    { "³", "$^{3}$", "^3" },
    { "µ", "$\\mu$", "u" },
    { "°", "$^{\\circ}$", " deg" },
    { "−", "$-$", "-" },
    { "≤", "$\\leq$", "<=" },
    { "≥", "$\\geq$", ">=" },
    { "≠", "$\\neq$", "!=" },
    { "≈", "$\\approx$", "~" },
    { "∞", "$\\infty$", "inf" },
    { "√", "$\\surd$", "sqrt" },
    { "∑", "$\\sum$", "sum" },
    { "∂", "$\\partial$", "d" },
    { "∇", "$\\nabla$", "grad" },
    { "→", "$\\rightarrow$", "->" },
    { "←", "$\\leftarrow$", "<-" },
    { "‖", "$\\Vert$", "||" },
    { "∈", "$\\in$", " in " },
    { "∝", "$\\propto$", "~" },
    { "Γ", "$\\Gamma$", "Gamma" },
    { "Δ", "$\\Delta$", "Delta" },
    { "Θ", "$\\Theta$", "Theta" },
    { "Λ", "$\\Lambda$", "Lambda" },
    { "Σ", "$\\Sigma$", "Sigma" },
    { "Φ", "$\\Phi$", "Phi" },
    { "Ψ", "$\\Psi$", "Psi" },
    { "Ω", "$\\Omega$", "Omega" },
    { "α", "$\\alpha$", "alpha" },
    { "β", "$\\beta$", "beta" },
    { "γ", "$\\gamma$", "gamma" },
    { "δ", "$\\delta$", "delta" },
    { "ε", "$\\varepsilon$", "epsilon" },
    { "ζ", "$\\zeta$", "zeta" },
    { "η", "$\\eta$", "eta" },
    { "θ", "$\\theta$", "theta" },
    { "κ", "$\\kappa$", "kappa" },
    { "λ", "$\\lambda$", "lambda" },
    { "μ", "$\\mu$", "mu" },
    { "ν", "$\\nu$", "nu" },
    { "ξ", "$\\xi$", "xi" },
    { "π", "$\\pi$", "pi" },
    { "ρ", "$\\rho$", "rho" },
    { "σ", "$\\sigma$", "sigma" },
    { "τ", "$\\tau$", "tau" },
    { "φ", "$\\varphi$", "phi" },
    { "χ", "$\\chi$", "chi" },
    { "ψ", "$\\psi$", "psi" },
    { "ω", "$\\omega$", "omega" },
    { "…", "\\ldots{}", "..." },
    { "–", "--", "-" },
    { "—", "---", "-" },
    { "‘", "`", "'" },
    { "’", "'", "'" },
    { "“", "``", "\"" },
    { "”", "''", "\"" },
    { "\xc2\xa0", "~", " " },
};

/* Letters of Latin-1 and Latin Extended-A that LaTeX's first fonts can put together. */
static bool is_latin(uint32_t code)
{
    static const unsigned lacking[] = { 0xd0,  0xd7,  0xde,  0xf0,  0xf7,  0xfe,  0x104, 0x105, 0x110,
                                        0x111, 0x118, 0x119, 0x126, 0x127, 0x12e, 0x12f, 0x138, 0x13f,
                                        0x140, 0x149, 0x14a, 0x14b, 0x166, 0x167, 0x172, 0x173 };
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++)
        if (code == lacking[i])
            return false;
    return code >= 0xc0 && code <= 0x17e;
}

/* The entry of a character; NULL: there is none. */
static const struct character *find_character(const char *character, size_t bytes)
{
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++)
        if (strncmp(character, characters[i].character, bytes) == 0 && characters[i].character[bytes] == '\0')
            return &characters[i];
    return NULL;
}

/* What a character is in LaTeX. Two of these signs side by side would become another one ("--" a dash). */
static void put_latex(dsc_text *out, const char *character, size_t bytes, uint32_t code)
{
    const struct character *found = find_character(character, bytes);
    if (found)
        dsc_text_append(out, found->latex);
    else if (bytes > 1 && !is_latin(code))
        dsc_text_append(out, "?");
    else
        dsc_text_append_bytes(out, character, bytes);
    if (!found && strchr("-'`,?!", *character))
        dsc_text_append(out, "{}");
}

const char *dsci_latex(dsc_scope *scope, const char *text)
{
    dsc_text *out = dsc_text_open(scope);
    for (uint32_t code = 0; *text;) {
        const size_t bytes = dsc_utf8_read(text, &code);
        put_latex(out, bytes ? text : "?", bytes ? bytes : 1, code);
        text += bytes ? bytes : 1;
    }
    return dsc_text_string(out) ? dsc_text_string(out) : "";
}

const char *dsci_text_ascii(dsc_scope *scope, const char *text)
{
    dsc_text *out = dsc_text_open(scope);
    while (*text) {
        const size_t bytes = dsc_utf8_read(text, NULL);
        const struct character *found = bytes > 1 ? find_character(text, bytes) : NULL;
        dsc_text_append_bytes(out, bytes == 1 ? text : "?", found && found->ascii ? 0 : 1);
        dsc_text_append(out, found ? found->ascii : NULL);
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
