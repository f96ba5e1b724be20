#include "CPage.h"

// #embed (C23 §6.10.4) needs no build step: the compiler reads the files, and again when they change.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t index_html[] = {
#embed "page/index.html"
};
static const uint8_t login_html[] = {
#embed "page/login.html"
};
static const uint8_t icon_svg[] = {
#embed "page/icon.svg"
};
static const uint8_t style_css[] = {
#embed "page/style.css"
};
static const uint8_t main_js[] = {
#embed "page/main.js"
};
static const uint8_t server_js[] = {
#embed "page/server.js"
};
static const uint8_t elements_js[] = {
#embed "page/elements.js"
};
static const uint8_t overview_js[] = {
#embed "page/overview.js"
};
static const uint8_t projects_js[] = {
#embed "page/projects.js"
};
static const uint8_t jobs_js[] = {
#embed "page/jobs.js"
};
static const uint8_t job_js[] = {
#embed "page/job.js"
};
static const uint8_t log_js[] = {
#embed "page/log.js"
};
static const uint8_t schedule_js[] = {
#embed "page/schedule.js"
};

static const uint8_t spider_js[] = {
#embed "page/spider.js"
};
static const uint8_t firing_js[] = {
#embed "page/firing.js"
};
static const uint8_t runs_js[] = {
#embed "page/runs.js"
};
static const uint8_t charts_js[] = {
#embed "page/charts.js"
};

static const uint8_t loglines_js[] = {
#embed "page/loglines.js"
};
static const uint8_t logsearch_js[] = {
#embed "page/logsearch.js"
};
static const uint8_t ansi_js[] = {
#embed "page/ansi.js"
};

static const uint8_t files_js[] = {
#embed "page/files.js"
};
static const uint8_t keys_js[] = {
#embed "page/keys.js"
};
static const uint8_t steps_js[] = {
#embed "page/steps.js"
};

static const uint8_t selection_js[] = {
#embed "page/selection.js"
};

static const uint8_t users_js[] = {
#embed "page/users.js"
};

static const uint8_t openapi_json[] = {
#embed "api/openapi.json"
};

static const uint8_t sitecustomize_py[] = {
#embed "scrapy/sitecustomize.py"
};

static const struct cpage_file files[] = {
    {"index.html", index_html, sizeof index_html},    {"login.html", login_html, sizeof login_html},
    {"icon.svg", icon_svg, sizeof icon_svg},
    {"style.css", style_css, sizeof style_css},       {"main.js", main_js, sizeof main_js},
    {"server.js", server_js, sizeof server_js},       {"elements.js", elements_js, sizeof elements_js},
    {"overview.js", overview_js, sizeof overview_js}, {"projects.js", projects_js, sizeof projects_js},
    {"jobs.js", jobs_js, sizeof jobs_js},             {"job.js", job_js, sizeof job_js},
    {"log.js", log_js, sizeof log_js},                {"schedule.js", schedule_js, sizeof schedule_js},
    {"spider.js", spider_js, sizeof spider_js},       {"firing.js", firing_js, sizeof firing_js},
    {"loglines.js", loglines_js, sizeof loglines_js}, {"logsearch.js", logsearch_js, sizeof logsearch_js},
    {"ansi.js", ansi_js, sizeof ansi_js},             {"files.js", files_js, sizeof files_js},
    {"selection.js", selection_js, sizeof selection_js},
    {"keys.js", keys_js, sizeof keys_js},             {"steps.js", steps_js, sizeof steps_js},
    {"users.js", users_js, sizeof users_js},
    {"runs.js", runs_js, sizeof runs_js},             {"charts.js", charts_js, sizeof charts_js},
};

const struct cpage_file *cpage_file(size_t number) {
    return number < sizeof files / sizeof files[0] ? &files[number] : NULL;
}

const struct cpage_file *cpage_openapi(void) {
    static const struct cpage_file file = {"openapi.json", openapi_json, sizeof openapi_json};
    return &file;
}

const struct cpage_file *cpage_sitecustomize(void) {
    static const struct cpage_file file = {"sitecustomize.py", sitecustomize_py, sizeof sitecustomize_py};
    return &file;
}
