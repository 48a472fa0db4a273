using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Wyckoff.Api;
using Wyckoff.Api.Bars;
using static Microsoft.Playwright.Assertions;

namespace Wyckoff.Tests.Web.Data;

/// <summary>What a person does on the page that imports files. The tests write, so they have a database of their own.</summary>
public sealed class ImportPageTests(Chromium chromium, DataWeb web) : WebTestBase(chromium), IClassFixture<DataWeb>
{
    private const string Header = "timestamp,open,high,low,close,volume\n";

    [Fact]
    public async Task A_dropped_file_goes_through_the_preview_to_the_chart_link_and_is_undone()
    {
        var page = await OpenImportAsync("/data");
        await page.CheckInBothThemesAsync("data-import-empty");
        var csv = Days("2024-03-04", "2024-03-05", "2024-03-06") + "2024-03-07,10,,9,10,100\n";
        await DropAsync(page, ("DROP_1d.csv", csv));

        var stage = page.Locator("[data-stage]");
        await Expect(stage.GetByText("preview: nothing is stored yet")).ToBeVisibleAsync();
        await Expect(stage.GetByText("DROP (from: the file name)")).ToBeVisibleAsync();
        await Expect(stage.GetByText("yyyy-MM-dd (from: the first rows)")).ToBeVisibleAsync();
        await Expect(stage.GetByText("high is empty")).ToBeVisibleAsync();
        await Expect(stage.GetByRole(AriaRole.Row).Filter(new() { HasText = "is added: stock, America/New_York" })).ToBeVisibleAsync();
        Assert.Empty(await ImportsAsync("DROP_1d.csv"));
        await page.CheckInBothThemesAsync("data-import-preview");

        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        var result = page.GetByRole(AriaRole.Region, new() { Name = "Result of DROP_1d.csv" });
        await Expect(result.GetByText("imported, 1 row rejected")).ToBeVisibleAsync();
        await Expect(result.GetByText("high is empty")).ToBeVisibleAsync();
        await Expect(result.GetByRole(AriaRole.Link, new() { Name = "Show DROP 1d on the chart" }))
            .ToHaveAttributeAsync("href", "/chart?symbol=DROP&timeframe=1d");
        Assert.Equal(3, (await BarsAsync("DROP"))?.Count);
        await page.CheckInBothThemesAsync("data-import-result");

        await result.GetByRole(AriaRole.Button, new() { Name = "Undo this import" }).ClickAsync();
        await result.GetByRole(AriaRole.Button, new() { Name = "Yes, undo it" }).ClickAsync();
        await Expect(result.GetByText("3 bars removed, 0 restored, 0 kept")).ToBeVisibleAsync();
        Assert.Equal(0, (await BarsAsync("DROP"))?.Count);
    }

    [Fact]
    public async Task A_file_is_imported_by_keyboard_only_with_corrections()
    {
        var page = await OpenImportAsync("/data?timeframe=1d");
        await Expect(page.GetByLabel("Timeframe")).ToHaveValueAsync("1d");
        await TabToAsync(page, "files");
        var chooser = await page.RunAndWaitForFileChooserAsync(() => page.Keyboard.PressAsync("Space"));
        const string rows = "01/02/2024,1000,1100,900,1050\n03/02/2024,1050,1150,950,1100\n";
        await chooser.SetFilesAsync(File("prices.csv", "Date,Open,High,Low,Close\n" + rows));

        // Neither the symbol nor the order of day and month is in the file: the page says so, and the person corrects it.
        var stage = page.Locator("[data-stage]");
        await Expect(stage.GetByText("The import would fail")).ToBeVisibleAsync();
        await TabToAsync(page, "symbol");
        await page.Keyboard.TypeAsync("keys");
        await TabToAsync(page, "dateFormat");
        await page.Keyboard.TypeAsync("dd/MM/yyyy");
        await TabToAsync(page, "priceScale");
        await page.Keyboard.TypeAsync("100");
        await page.Keyboard.PressAsync("Enter");
        await Expect(stage.GetByText("KEYS (from: set above)")).ToBeVisibleAsync();
        await Expect(stage.GetByRole(AriaRole.Row).Filter(new() { HasText = "2024-02-03" })).ToContainTextAsync("11.5");
        Assert.Contains("symbol=keys", page.Url, StringComparison.Ordinal);
        // The preview has the focus, and the import is the next stop.
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("imported", new() { Exact = true })).ToBeVisibleAsync();
        Assert.Equal([10.5m, 11m], (await BarsAsync("KEYS"))!.Bars!.Select(bar => bar.Close!.Value));
    }

    [Fact]
    public async Task A_person_corrects_what_the_columns_were_taken_for()
    {
        var page = await OpenImportAsync("/data?symbol=COLS&timeframe=1d");
        // Unknown headers: the values alone fit either order of the opening and the closing price.
        await page.SetInputFilesAsync("#files", [File("cols.csv", "When,End,Top,Bottom,Beginning\n2024-03-04,10.5,11,9,10\n")]);
        await page.GetByLabel("Column 2").SelectOptionAsync("close");
        await page.GetByLabel("Column 5").SelectOptionAsync("open");
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview with these options" }).ClickAsync();
        await Expect(page.GetByLabel("Column 2")).ToHaveValueAsync("close");
        await page.CheckInBothThemesAsync("data-import-columns");
        await Expect(page.Locator("#map")).ToHaveValueAsync(new Regex("close=2"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await Expect(page.Locator("[data-result]")).ToContainTextAsync("New bars1");
        Assert.Equal(10.5m, Assert.Single((await BarsAsync("COLS"))!.Bars!).Close);
    }

    [Fact]
    public async Task What_cannot_be_imported_is_refused_with_the_reason()
    {
        var page = await OpenImportAsync("/data");
        var (notices, stage) = (page.Locator("[data-notices]"), page.Locator("[data-stage]"));
        await DropAsync(page, ("EMPTY_1d.csv", ""));
        await Expect(notices.GetByText("EMPTY_1d.csv is empty")).ToBeVisibleAsync();
        // A folder cannot be made by a script: the entry of the dropped file says that it is one.
        await page.EvaluateAsync("DataTransferItem.prototype.webkitGetAsEntry = () => ({ isDirectory: true, name: 'bars' })");
        await DropAsync(page, ("bars", "x"));
        await Expect(notices.GetByText("bars is a folder")).ToBeVisibleAsync();
        await page.EvaluateAsync("DataTransferItem.prototype.webkitGetAsEntry = () => null");

        await DropAsync(page, ("picture.png", "\u0089PNG\r\n\u001a\n and so on"));
        await Expect(stage.GetByText("cannot be imported")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();

        await page.GetByLabel("Time zone of the times").FillAsync("Mars/Olympus");
        await page.GetByLabel("Prices are divided by").FillAsync("0");
        await DropAsync(page, ("BAD_1d.csv", Days("2024-03-04")));
        await Expect(page.Locator("#timezone-error")).ToContainTextAsync("Mars/Olympus");
        await Expect(page.Locator("#priceScale-error")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Time zone of the times")).ToBeFocusedAsync();
        await page.CheckInBothThemesAsync("data-import-errors");
        Tolerate("400");
    }

    [Fact]
    public async Task Several_files_are_imported_one_after_the_other_and_the_second_time_nothing_changes()
    {
        var page = await OpenImportAsync("/data");
        await page.SetInputFilesAsync(
            "#files",
            [File("ONE_1d.csv", Days("2024-03-04")), File("TWO_1d.csv", Days("2024-03-04", "2024-03-05"))]
        );
        await Expect(page.GetByText("1 more file: TWO_1d.csv")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Import all files" }).ClickAsync();
        await Expect(page.Locator("[data-result]")).ToHaveCountAsync(2);
        Assert.Equal((1, 2), ((await BarsAsync("ONE"))?.Count, (await BarsAsync("TWO"))?.Count));

        await page.SetInputFilesAsync("#files", [File("ONE_1d.csv", Days("2024-03-04"))]);
        await Expect(page.GetByText("The same content was imported before:")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await Expect(page.Locator("[data-result]").First).ToContainTextAsync("Stored already1");
        Assert.Equal(1, (await BarsAsync("ONE"))?.Count);
    }

    [Fact]
    public async Task An_import_that_is_stopped_says_what_is_stored()
    {
        var page = await OpenImportAsync("/data");
        // The answer never comes, so the upload is stopped while the import runs.
        await page.RouteAsync("**/v1/imports?*name=STOP*", _ => Task.CompletedTask);
        await page.SetInputFilesAsync("#files", [File("STOP_1d.csv", Days("2024-03-04"))]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Import", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Expect(page.GetByText("The upload was stopped before anything was stored.")).ToBeVisibleAsync();
        Assert.Empty(await ImportsAsync("STOP_1d.csv"));
    }

    [Fact]
    public async Task The_list_and_the_detail_of_imports_show_rejects_page_by_page_and_undo()
    {
        var rows = string.Concat(Enumerable.Range(1, 120).Select(_ => "2024-03-07,10,,9,10,100\n"));
        using var response = await web.Api.Client.PostAsync(
            new Uri("/v1/imports?symbol=LIST&timeframe=1d&name=LIST_1d.csv", UriKind.Relative),
            new StringContent(Days("2024-03-04") + rows, Encoding.UTF8, "text/csv"),
            Token
        );
        response.EnsureSuccessStatusCode();

        var page = await OpenAsync(web.Address, "/data/imports");
        await page.GetByLabel("Status").SelectOptionAsync("completed");
        await Expect(page).ToHaveURLAsync(new Regex("status=completed"));
        await page.CheckInBothThemesAsync("data-imports");
        await page.GetByRole(AriaRole.Link, new() { Name = "LIST_1d.csv" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(new Regex(@"Import \d+"));
        await Expect(page.GetByText("120 rows, in the order of the file")).ToBeVisibleAsync();
        await page.CheckInBothThemesAsync("data-import-detail");
        await page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        await Expect(page.Locator("#rejects ~ .table-frame tbody tr")).ToHaveCountAsync(20);

        await page.GetByRole(AriaRole.Link, new() { Name = "Undo this import" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, undo it" }).ClickAsync();
        await Expect(page.GetByText("1 bars removed")).ToBeVisibleAsync();
        Assert.Equal(0, (await BarsAsync("LIST"))?.Count);
    }

    private async Task<IPage> OpenImportAsync(string path)
    {
        var page = await OpenAsync(web.Address, path);
        await Expect(page.Locator("wyckoff-import[data-ready]")).ToBeVisibleAsync();
        return page;
    }

    private static string Days(params string[] dates) => Header + string.Concat(dates.Select(date => $"{date},10,11,9,10.5,100\n"));

    private static FilePayload File(string name, string text) =>
        new()
        {
            Name = name,
            MimeType = "text/csv",
            Buffer = Encoding.Latin1.GetBytes(text),
        };

    /// <summary>Drops files on the page, as a browser does when a person lets go of them.</summary>
    private static async Task DropAsync(IPage page, params (string Name, string Text)[] files)
    {
        var data = await page.EvaluateHandleAsync(
            """
            files => {
              const data = new DataTransfer();
              for (const { name, text } of files) {
                data.items.add(new File([Uint8Array.from(text, c => c.charCodeAt(0))], name));
              }
              return data;
            }
            """,
            files.Select(file => new { name = file.Name, text = file.Text }).ToArray()
        );
        await page.DispatchEventAsync("[data-drop]", "dragenter", new { dataTransfer = data });
        await page.DispatchEventAsync("[data-drop]", "drop", new { dataTransfer = data });
    }

    /// <summary>Presses Tab until the control has the focus.</summary>
    private static async Task TabToAsync(IPage page, string id)
    {
        for (var stops = 0; stops < 80; stops++)
        {
            if (await page.EvaluateAsync<string>("document.activeElement?.id") == id)
            {
                return;
            }

            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"Tab does not reach #{id}.");
    }

    private async Task<BarsResponse?> BarsAsync(string symbol) =>
        await web.Api.Client.GetFromJsonAsync<BarsResponse>($"/v1/bars/{symbol}?timeframe=1d&from=2024-01-01&to=2025-01-01", Token);

    private async Task<IReadOnlyList<ImportResponse>> ImportsAsync(string file) =>
        [.. (await web.Api.Client.GetFromJsonAsync<ImportsResponse>("/v1/imports", Token))!.Imports.Where(import => import.File == file)];
}
