"""How the dashboard draws and writes: series, lines, charts, figures, and when it does it."""

import pytest_asyncio

from pulse.tests.support import NOON
from rtproject.tests.support.modules import Run, script_runner

SETTING = f"""
const modules = ["geometry", "measures", "painter", "scene", "series", "units"];
const loaded = await Promise.all(modules.map((name) => import(`/static/pulse/${{name}}.js`)));
const {{ Painter, Series, across, bytes, chartTop, duration, highest, level, linePaths, load, moment, percent, rate,
    spanAt }} = Object.assign({{}}, ...loaded);
const NOON = {NOON:.0f};
const drawn = (values, step = 5, beat = 5, top = 100) => {{
    const series = new Series(100, step);
    values.forEach((value, i) => series.add(NOON + i * step, {{ cpu: value }}));
    return linePaths(series, "cpu", {{ from: NOON, to: NOON + 100 }}, top, beat);
}};
"""


@pytest_asyncio.fixture(loop_scope="session")
async def run(daphne, page) -> Run:
    """Runs a script with these modules."""
    return await script_runner(page, daphne.http_url("/"), SETTING)


async def test_a_step_has_the_mean_and_the_peak_of_its_samples(run):
    """Of stored steps the mean and the peak that the server says."""
    assert await run("""
        const series = new Series(3600, 30);
        for (const cpu of [10, 90, 20]) series.add(NOON + cpu / 10, { cpu });
        series.addColumn("cpu", NOON - 60, 30, [null, 5, null], [null, 50, null]);
        const number = series.number(NOON);
        return [series.mean("cpu", number), series.peak("cpu", number), series.mean("cpu", number - 1),
                series.peak("cpu", number - 1), Number.isNaN(series.mean("load", number - 1))];
    """) == [40, 90, 5, 50, True]


async def test_old_samples_are_pushed_out_and_do_not_come_back(run):
    """A series of ten steps knows the last ten and the one that is under way, also after a long silence."""
    assert await run("""
        const series = new Series(50, 5);
        const known = () => Array.from({ length: 30 }, (_, i) => series.mean("cpu", series.newest - i)).filter(
            (value) => !Number.isNaN(value)).length;
        for (let n = 0; n < 20; n += 1) series.add(NOON + 5 * n, { cpu: n });
        const full = known();
        series.add(NOON, { cpu: 1 });
        series.add(NOON + 10_000, { cpu: 1 });
        const after = known();
        series.add(NOON + 20_000, {});
        return [full, after, series.newest === series.number(NOON + 10_000)];
    """) == [11, 1, True]


async def test_a_line_goes_from_the_past_on_the_left_to_now_on_the_right(run):
    """In a box of 300 by 100, with a margin above and below; the area below it is closed."""
    assert await run("return drawn([0, 50, 100])") == {
        "line": "M7.5 98.0L22.5 50.0L37.5 2.0h.01",
        "area": "M7.5 98.0L22.5 50.0L37.5 2.0V100H7.5Z",
        "peak": "",
    }


async def test_a_line_bridges_a_late_sample_and_not_an_outage(run):
    """Two missing beats are a hiccup, three are a gap; a single sample is a dot."""
    assert await run("""
        const NONE = undefined;
        return [[1, NONE, NONE, 1], [1, NONE, NONE, NONE, 1]].map((values) => drawn(values).line.split("M").length - 1);
    """) == [1, 2]
    assert await run("return [drawn([]).line, drawn([50]).line]") == ["", "M7.5 50.0h.01"]


async def test_a_missing_step_of_many_beats_is_a_gap(run):
    """A line over a step of a minute without a sample would hide an outage."""
    assert await run("return drawn([1, undefined, 1], 20).line.split('M').length - 1") == 2


async def test_only_what_is_in_the_span_is_drawn(run):
    """Neither older samples nor those of a machine whose clock is ahead bend the chart."""
    assert await run("""
        const series = new Series(1000, 5);
        for (const seconds of [-50, 0, 95, 300]) series.add(NOON + seconds, { cpu: seconds + 100 });
        const span = { from: NOON, to: NOON + 100 };
        return [highest(series, ["cpu"], span), across(span, NOON - 9), across(span, NOON + 999)];
    """) == [195, 0, 300]


async def test_a_chart_reaches_up_to_a_round_value(run):
    """Percent are always of a hundred; the load and the network are as high as they need to be."""
    assert await run("""
        const KIB = 1024;
        return [
            [5, 100].map((value) => chartTop("cpu", value)),
            [NaN, 0.2, 1, 1.2, 4, 7, 64, 1000].map((value) => chartTop("load", value)),
            [NaN, 5, 3 * KIB, 700 * KIB, 3 * KIB ** 2].map((value) => chartTop("network", value) / KIB),
        ];
    """) == [[100, 100], [1, 1, 1, 2, 5, 10, 100, 1000], [1, 1, 5, 1024, 5 * 1024]]


async def test_a_value_is_raised_before_it_is_high(run):
    """Where there is no threshold, or no value, there is nothing to worry about."""
    assert await run("""
        return [[76, 90], [76.5, 90], [89.9, 90], [90, 90], [99, undefined], [undefined, 90], [NaN, 90]].map(
            ([value, threshold]) => level(value, threshold));
    """) == ["", "raised", "raised", "high", "", "", ""]


async def test_the_span_of_the_charts_ends_now_and_moves_in_jumps(run):
    """Never before now, never more than a part of the range after it, and the same for a while."""
    assert await run("""
        const ends = [0, 1, 29, 30, 31].map((seconds) => spanAt(1000 * (NOON + seconds), 3600).to - NOON);
        const { from, to } = spanAt(1000 * (NOON + 7), 300);
        return [ends, to - from];
    """) == [[0, 30, 30, 30, 60], 300]


async def test_figures_are_written_as_people_read_them(run):
    """With a unit that keeps them short, and a dash where there is no number."""
    assert await run("""
        return [
            [0, 12.34, 100, undefined, null, NaN].map(percent),
            [0, 1023, 1024, 123_456_789, 5e15, undefined].map(bytes),
            [[undefined, 2048].map(rate), [0.5, 12, null].map(load)],
            [0, 59, 60, 3_661, 90_000, 864_000, -Infinity].map(duration),
        ];
    """) == [
        ["0.0 %", "12.3 %", "100.0 %", "\N{EN DASH}", "\N{EN DASH}", "\N{EN DASH}"],
        ["0 B", "1,023 B", "1.0 KiB", "118 MiB", "4.4 PiB", "\N{EN DASH}"],
        [["\N{EN DASH}", "2.0 KiB/s"], ["0.50", "12.00", "\N{EN DASH}"]],
        ["0 s", "59 s", "1 min", "1 h 1 min", "1 d 1 h", "10 d", "\N{EN DASH}"],
    ]


async def test_a_time_is_as_exact_as_its_range_needs(run):
    """Seconds within minutes, a day of the week within days."""
    assert await run("""
        const local = new Date(2027, 0, 15, 8, 5, 9).getTime() / 1000;
        return [300, 3600, 86400].map((range) => moment(local, range).replaceAll("\\u202f", " "));
    """) == ["8:05:09 AM", "8:05 AM", "Fri 8:05 AM"]


async def test_what_changes_between_two_frames_of_the_screen_is_drawn_once(run):
    """Only the charts that changed; and nothing while there are no frames, as on a page that nobody sees."""
    assert await run("""
        const frames = [];
        window.requestAnimationFrame = (run) => frames.push(run);
        const told = [];
        const painter = new Painter((isChanged) => told.push(["a", "b"].map(isChanged)));
        for (let i = 0; i < 1000; i += 1) painter.draw("a");
        const waiting = frames.length;
        frames.pop()();
        painter.write();
        frames.pop()();
        painter.drawAll();
        painter.write();
        frames.pop()();
        return [waiting, frames.length, told];
    """) == [1, 0, [[True, False], [False, False], [True, True]]]
