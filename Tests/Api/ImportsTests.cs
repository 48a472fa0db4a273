using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Npgsql;
using Wyckoff.Api;
using Wyckoff.Api.Bars;
using Wyckoff.Bars;
using Wyckoff.Imports.Parquet;
using Wyckoff.Imports.Records;

namespace Wyckoff.Tests.Api;

/// <summary>Uploads files of bars and follows their imports.</summary>
public sealed class ImportsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string Good =
        "timestamp,open,high,low,close,volume\n2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n2024-01-02T14:31:00Z,1,2,0.5,1.5,10\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_is_imported_and_listed_with_its_rejects()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        using var response = await client.PostAsync(
            "/v1/imports?symbol=UP&timeframe=1Min&rollUps=false",
            Body(Good + "bad\nworse\n", "text/csv"),
            Token
        );
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var upload = (await response.Content.ReadFromJsonAsync<UploadResponse>(Token))!;
        Assert.Equal((4L, 2L, 2L), (upload.Read, upload.Inserted, upload.Rejected));
        var id = Assert.Single(upload.Imports).Id;
        Assert.Equal($"/v1/imports/{id}", response.Headers.Location?.OriginalString);

        var detail = (await client.GetFromJsonAsync<ImportDetailResponse>(response.Headers.Location, Token))!;
        Assert.Equal(
            ("completed", "UP", "1m", 64),
            (detail.Import.Status, detail.Import.Symbol, detail.Import.Timeframe, detail.Import.Sha256.Length)
        );
        Assert.NotEqual(new string('0', 64), detail.Import.Sha256);
        Assert.Equal([4L, 5L], detail.FirstRejects.Select(reject => reject.Line));

        var page = (await client.GetFromJsonAsync<RejectsResponse>($"/v1/imports/{id}/rejects?limit=1", Token))!;
        Assert.Equal((4L, (long?)4), (Assert.Single(page.Rejects).Line, page.Next));
        page = (await client.GetFromJsonAsync<RejectsResponse>($"/v1/imports/{id}/rejects?after={page.Next}", Token))!;
        Assert.Equal((new RejectResponse(5, "worse", "1 columns: 6 were expected"), null), (Assert.Single(page.Rejects), page.Next));

        var list = (await client.GetFromJsonAsync<ImportsResponse>("/v1/imports?status=completed&limit=1000", Token))!;
        Assert.Contains(list.Imports, import => import.Id == id);
        var events = await client.GetStringAsync($"/v1/imports/{id}/events", Token);
        Assert.StartsWith("event: end\ndata: {", events, StringComparison.Ordinal);
        Assert.Contains("\"status\":\"completed\"", events, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_is_undone_and_its_file_can_be_imported_again()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        const string upload = "/v1/imports?symbol=OOPS&timeframe=1m";
        using var first = await client.PostAsync(upload, Body(Good, "text/csv"), Token);
        var path = first.Headers.Location!;
        using var deleted = await client.DeleteAsync(path, Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        var undone = (await deleted.Content.ReadFromJsonAsync<ImportResponse>(Token))!;
        Assert.Equal(("undone", 2L, 0L, 0L), (undone.Status, undone.Undone!.Removed, undone.Undone.Restored, undone.Undone.Kept));
        Assert.Empty((await client.GetFromJsonAsync<BarsResponse>("/v1/bars/OOPS?timeframe=1m&from=2024-01-01", Token))!.Bars!);

        // Undoing again changes nothing.
        using var again = await client.DeleteAsync(path, Token);
        Assert.Equal(undone, await again.Content.ReadFromJsonAsync<ImportResponse>(Token));
        Assert.Contains(undone, (await client.GetFromJsonAsync<ImportsResponse>("/v1/imports?status=undone&limit=1000", Token))!.Imports);

        using var second = await client.PostAsync(upload, Body(Good, "text/csv"), Token);
        var imported = Assert.Single((await second.Content.ReadFromJsonAsync<UploadResponse>(Token))!.Imports);
        Assert.Equal((false, 2L), (imported.AlreadyThere, imported.Inserted));
        Assert.NotEqual(undone.Id, imported.Id);
    }

    [Fact]
    public async Task An_import_that_runs_or_replaced_bars_too_long_ago_cannot_be_undone()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        await using var connection = await database.Admin.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var ids = new List<long>();
        foreach (var canUndo in (bool[])[true, false])
        {
            ids.Add(
                await database.ScalarAsync<long>(
                    """
                    INSERT INTO market.import_batches (file, sha256, source, status, finished_at, can_undo)
                    VALUES ('f', repeat('b', 64), 'import', 'completed', now(), $1)
                    RETURNING id
                    """,
                    canUndo
                )
            );
        }

        await using var running = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection, transaction)
        {
            Parameters = { new() { Value = ImportStore.LockKey(ids[0]) } },
        };
        await running.ExecuteNonQueryAsync(Token);
        using var busy = await client.DeleteAsync($"/v1/imports/{ids[0]}", Token);
        await busy.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/import-busy");
        using var late = await client.DeleteAsync($"/v1/imports/{ids[1]}", Token);
        await late.ReadProblemAsync(HttpStatusCode.Conflict, "/problems/import-not-undoable");
        using var unknown = await client.DeleteAsync("/v1/imports/999999999", Token);
        await unknown.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-import");
        using var invalid = await client.DeleteAsync("/v1/imports/first", Token);
        Assert.Equal(["id"], await invalid.ReadInvalidNamesAsync());
    }

    [Fact]
    public async Task Negative_prices_are_uploaded_and_read_in_every_format()
    {
        const string oil =
            "date,open,high,low,close,volume\n2020-04-17,19.82,20.2,17.31,18.27,1000\n2020-04-20,17.73,17.85,-40.32,-37.63,1000\n"
            + "2020-04-21,-14,13.86,-16.74,0,1000\n";
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        using var refused = await client.PostAsync("/v1/imports?symbol=NOOIL&timeframe=1d", Body(oil, "text/csv"), Token);
        var upload = (await refused.Content.ReadFromJsonAsync<UploadResponse>(Token))!;
        Assert.Equal((1L, 2L), (upload.Inserted, upload.Rejected));

        using var response = await client.PostAsync("/v1/imports?symbol=OIL&timeframe=1d&allowNegative=true", Body(oil, "text/csv"), Token);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(3L, (await response.Content.ReadFromJsonAsync<UploadResponse>(Token))!.Inserted);
        const string from = "/v1/bars/OIL?timeframe=1d&from=2020-04-01&to=2020-05-01";
        // Twice: from the database, and from the cache.
        for (var i = 0; i < 2; i++)
        {
            Assert.Contains(
                "\"open\":17.73,\"high\":17.85,\"low\":-40.32,\"close\":-37.63,",
                await client.GetStringAsync("/v1/bars/OIL?timeframe=1d&last=5", Token),
                StringComparison.Ordinal
            );
        }

        Assert.Contains(
            "\"close\":[18.27,-37.63,0]",
            await client.GetStringAsync(from + "&layout=columns", Token),
            StringComparison.Ordinal
        );
        Assert.Contains("\"close\":-37.63,", await client.GetStringAsync(from + "&format=ndjson", Token), StringComparison.Ordinal);
        Assert.Contains(
            "OIL,1d,2020-04-20T00:00:00Z,17.73,17.85,-40.32,-37.63,1000,,",
            await client.GetStringAsync(from + "&format=csv", Token),
            StringComparison.Ordinal
        );
        // On the way from 18.27 on Friday to -37.63 on Monday, and the week of Monday.
        Assert.Contains(
            "\"close\":[18.27,-0.36333333,-18.99666667,-37.63,0]",
            await client.GetStringAsync(from + "&layout=columns&fill=linear", Token),
            StringComparison.Ordinal
        );
        var weeks = await client.GetFromJsonAsync<JsonElement>(from.Replace("1d", "1w", StringComparison.Ordinal), Token);
        var week = weeks.GetProperty("bars")[1];
        // ((17.85 - 40.32 - 37.63) + (13.86 - 16.74 + 0)) / 3 / 2
        Assert.Equal(
            (17.73m, 17.85m, -40.32m, 0m, -10.49666667m),
            (Number("open"), Number("high"), Number("low"), Number("close"), Number("vwap"))
        );
        using var parquet = new MemoryStream(await client.GetByteArrayAsync(from + "&format=parquet", Token));
        using var reader = ParquetBarReader.Open(parquet, new() { AllowsNegative = true });
        Assert.Equal(
            ["18.27", "-37.63", "0"],
            reader.Read(Token).SelectMany(batch => batch.ToArray()).Select(row => IncomingBar.Text(row.Bar.Close))
        );
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/quality/OIL?timeframe=1d&from=2020-04-01", Token)).StatusCode);

        decimal Number(string name) => week.GetProperty(name).GetDecimal();
    }

    [Fact]
    public async Task Events_follow_a_running_import_to_its_end()
    {
        var id = await database.ScalarAsync<long>(
            """
            INSERT INTO market.import_batches (file, sha256, source, status)
            VALUES ('f', repeat('a', 64), 'import', 'running')
            RETURNING id
            """
        );
        await using var api = new ApiServer(database.AppConnection);
        await using var stream = await api.CreateClient().GetStreamAsync($"/v1/imports/{id}/events", Token);
        using var reader = new StreamReader(stream);
        Assert.Equal("event: progress", await reader.ReadLineAsync(Token));
        await database.ExecuteAsync(
            "UPDATE market.import_batches SET status = 'failed', error_message = 'no more', finished_at = now() WHERE id = $1",
            id
        );
        var rest = await reader.ReadToEndAsync(Token);
        Assert.Contains("event: end", rest, StringComparison.Ordinal);
        Assert.Contains("no more", rest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", "application/gzip")]
    [InlineData("zip", "application/zip")]
    [InlineData("form", "multipart/form-data")]
    public async Task Compressed_files_and_forms_are_imported(string how, string type)
    {
        await using var api = new ApiServer(database.AppConnection);
        HttpContent content = how switch
        {
            "gzip" => Body(Compressed(stream => new GZipStream(stream, CompressionLevel.Fastest)), type),
            "zip" => Body(Zipped($"{how}_1m.csv"), type),
            _ => new MultipartFormDataContent
            {
                { new StringContent("remark"), "note" },
                { new ByteArrayContent(Encoding.UTF8.GetBytes(Good)), "file", "form_1m.csv" },
            },
        };
        using var response = await api.CreateClient().PostAsync($"/v1/imports?name={how}_1m.csv", content, Token);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var upload = (await response.Content.ReadFromJsonAsync<UploadResponse>(Token))!;
        Assert.Equal(2, upload.Inserted);
        Assert.Equal(
            2,
            await database.ScalarAsync<long>(
                "SELECT count(*) FROM market.bars_1m JOIN market.tickers ON id = ticker_id WHERE symbol = $1",
                how.ToUpperInvariant()
            )
        );
    }

    [Fact]
    public async Task All_invalid_parameters_of_an_upload_are_named_at_once()
    {
        await using var api = new ApiServer(database.AppConnection);
        var url =
            "/v1/imports?symbol=%20&timeframe=1w&source=aggregated&onConflict=maybe&timezone=Mars&dateFormat=qq&map=open&priceScale=x"
            + "&delimiter=ab&maxRejects=-1&force=maybe&rollUps=1&derived=&tickerTimezone=x&assetType=%20&colour=red&name=a&name=b"
            + "&allowNegative=perhaps";
        using var response = await api.CreateClient().PostAsync(url, Body(Good, "text/csv"), Token);
        var errors = await response.ReadErrorsAsync();
        Assert.Equal(
            [
                "allowNegative",
                "assetType",
                "colour",
                "dateFormat",
                "delimiter",
                "derived",
                "force",
                "map",
                "maxRejects",
                "name",
                "onConflict",
                "priceScale",
                "rollUps",
                "source",
                "symbol",
                "tickerTimezone",
                "timeframe",
                "timezone",
            ],
            errors.Keys.Order(StringComparer.Ordinal)
        );
        Assert.StartsWith("Unknown parameter; expected one of symbol, timeframe, name", errors["colour"], StringComparison.Ordinal);
        Assert.Equal("'x' is not a whole number of at least 1.", errors["priceScale"]);
        Assert.Equal("'-1' is not a whole number of at least 0.", errors["maxRejects"]);
        Assert.Equal("'maybe' is not true or false.", errors["force"]);
        Assert.Equal("Empty: give a value, or leave the parameter out.", errors["derived"]);
    }

    [Theory]
    [InlineData("/v1/imports?status=lost&before=x&limit=abc&page=2", "before", "limit", "page", "status")]
    [InlineData("/v1/imports/many", "id")]
    [InlineData("/v1/imports/0/events?id=1", "id")]
    [InlineData("/v1/imports/1?verbose=true", "verbose")]
    [InlineData("/v1/imports/many/rejects?after=-1&limit=1001", "after", "id", "limit")]
    public async Task All_invalid_parameters_of_a_query_are_named_at_once(string url, params string[] names)
    {
        await using var api = new ApiServer(database.AppConnection);
        using var response = await api.CreateClient().GetAsync(url, Token);
        Assert.Equal(names, await response.ReadInvalidNamesAsync());
    }

    [Theory]
    [InlineData("image/png", 415, "'image/png' is not a supported type of file")]
    [InlineData("text/csv", 413, "the limit is 100 (Wyckoff:Imports:MaxUpload)")]
    [InlineData("multipart/form-data; boundary=x", 400, "errors")]
    public async Task An_unsupported_body_is_refused_before_it_is_read(string type, int status, string says)
    {
        await using var api = new ApiServer(database.AppConnection, settings: new() { ["Wyckoff:Imports:MaxUpload"] = "100" });
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(status == 413 ? Good : "--x--\r\n"));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var response = await api.CreateClient().PostAsync("/v1/imports?symbol=NO&timeframe=1m", content, Token);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(
            says,
            (await response.Content.ReadAsStringAsync(Token)).Replace("\\u0027", "'", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_file_without_valid_rows_is_a_problem_that_names_its_import()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        using var response = await client.PostAsync("/v1/imports?symbol=NO&timeframe=1m", Body("nothing\n", "text/csv"), Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        var detail = (
            await client.GetFromJsonAsync<ImportDetailResponse>($"/v1/imports/{problem.GetProperty("imports")[0].GetInt64()}", Token)
        )!;
        Assert.Equal(("failed", problem.GetProperty("detail").GetString()), (detail.Import.Status, detail.Import.Error));
    }

    [Theory]
    [InlineData("/v1/imports/999999999")]
    [InlineData("/v1/imports/999999999/rejects")]
    [InlineData("/v1/imports/999999999/events")]
    public async Task An_unknown_import_is_a_problem_document(string url)
    {
        await using var api = new ApiServer(database.AppConnection);
        using var response = await api.CreateClient().GetAsync(url, Token);
        await response.ReadProblemAsync(HttpStatusCode.NotFound, "/problems/unknown-import");
    }

    private static ByteArrayContent Body(string text, string type) => Body(Encoding.UTF8.GetBytes(text), type);

    private static ByteArrayContent Body(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = new(type) } };

    private static byte[] Compressed(Func<Stream, Stream> compress)
    {
        using var buffer = new MemoryStream();
        using (var stream = compress(buffer))
        {
            stream.Write(Encoding.UTF8.GetBytes(Good));
        }

        return buffer.ToArray();
    }

    private static byte[] Zipped(string name)
    {
        using var buffer = new MemoryStream();
        using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = archive.CreateEntry(name).Open())
        {
            entry.Write(Encoding.UTF8.GetBytes(Good));
        }

        return buffer.ToArray();
    }
}
