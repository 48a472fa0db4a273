using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Wyckoff.Api;
using Wyckoff.Tests.Imports.Previews;

namespace Wyckoff.Tests.Api;

/// <summary>Uploads files of bars to look at what an import would do.</summary>
public sealed class ImportPreviewsTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private const string Path = "/v1/imports/preview";
    private const string Good =
        "timestamp,open,high,low,close,volume\n2024-01-02T14:30:00Z,1,2,0.5,1.5,10\n2024-01-02T14:31:00Z,1,2,0.5,1.5,10\n";

    private readonly PreviewRig _rig = new(database);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task An_upload_is_previewed_and_nothing_is_written()
    {
        await using var api = new ApiServer(database.AppConnection);
        var client = api.CreateClient();
        var before = await _rig.ContentAsync();
        var preview = await PreviewAsync(client, "?symbol=LOOK&timeframe=1m", Body(Good + "bad\n", "text/csv"));
        var file = Assert.Single(preview.Files);
        Assert.Equal((3, true, 1, null, "upload"), (file.Rows, file.IsWhole, file.Rejected, file.Error, file.File));
        Assert.Equal(new RejectResponse(4, "bad", "1 columns: 6 were expected"), Assert.Single(file.FirstRejects));
        Assert.Equal((new FindingResponse("LOOK", "option"), ","), (file.Layout!.Symbol, file.Layout.Delimiter));
        var series = Assert.Single(file.Series);
        Assert.Equal(
            ("LOOK", 2, 2, "skip", new PreviewedTickerResponse(false, "stock", "America/New_York", false)),
            (series.Symbol, series.Bars, series.New, series.OnConflict, series.Ticker)
        );
        Assert.Equal(new("LOOK", "1m", new(2024, 1, 2, 14, 30, 0, TimeSpan.Zero), 1, 2, 0.5m, 1.5m, 10, null, null), file.FirstBars[0]);
        Assert.Equal([], file.EarlierImports);
        Assert.Equal(before, await _rig.ContentAsync());

        // The import of the same body does what the preview showed, and the next preview knows it.
        using var imported = await client.PostAsync("/v1/imports?symbol=LOOK&timeframe=1m", Body(Good + "bad\n", "text/csv"), Token);
        Assert.Equal(HttpStatusCode.Created, imported.StatusCode);
        file = Assert.Single((await PreviewAsync(client, "?symbol=LOOK&timeframe=1m", Body(Good + "bad\n", "text/csv"))).Files);
        Assert.Equal((0, 2, true), (file.Series[0].New, file.Series[0].Equal, file.Series[0].Ticker.Exists));
        Assert.Equal("completed", Assert.Single(file.EarlierImports!).Status);
        Assert.Null(file.AlreadyImportedBy);
    }

    [Fact]
    public async Task Rounded_rows_are_counted_and_the_ticker_shows_whether_it_allows_negative_prices()
    {
        await using var api = new ApiServer(database.AppConnection);
        var preview = await PreviewAsync(
            api.CreateClient(),
            "?symbol=NEG&timeframe=1m&round=2&allowNegative=true",
            Body(
                Good.Replace("1.5,10", "-1.501,10", StringComparison.Ordinal).Replace(",0.5,", ",-2,", StringComparison.Ordinal),
                "text/csv"
            )
        );
        var file = Assert.Single(preview.Files);
        Assert.Equal((2, 0, 2), (file.Rows, file.Rejected, file.Rounded));
        Assert.Contains("Numbers of 2 rows were rounded to 2 decimals (--round).", file.Notes);
        Assert.Equal(new(false, "stock", "America/New_York", true), file.Series[0].Ticker);
    }

    [Theory]
    [InlineData("gzip", "application/gzip")]
    [InlineData("zip", "application/zip")]
    [InlineData("form", "multipart/form-data")]
    public async Task Compressed_files_and_forms_are_previewed(string how, string type)
    {
        await using var api = new ApiServer(database.AppConnection);
        HttpContent content = how switch
        {
            "gzip" => Body(PreviewRig.Gzip(Good), type),
            "zip" => Body(await File.ReadAllBytesAsync(_rig.Zip("z.zip", ("A_1m.csv", Good), ("B_1m.csv", Good)), Token), type),
            _ => new MultipartFormDataContent
            {
                { new StringContent("remark"), "note" },
                { new ByteArrayContent(Encoding.UTF8.GetBytes(Good)), "file", "form_1m.csv" },
            },
        };
        var preview = await PreviewAsync(api.CreateClient(), $"?name={how}_1m.csv", content);
        Assert.Equal(how == "zip" ? ["A", "B"] : [how.ToUpperInvariant()], preview.Files.Select(file => file.Series[0].Symbol));
        Assert.All(preview.Files, file => Assert.Equal((2, null), (file.Series[0].New, file.Error)));
        Assert.Equal(how == "gzip" ? "gzip" : null, preview.Files[0].Layout!.Compression);
    }

    [Fact]
    public async Task A_file_that_would_fail_is_answered_with_the_reason()
    {
        await using var api = new ApiServer(database.AppConnection);
        var file = Assert.Single(
            (await PreviewAsync(api.CreateClient(), "?symbol=NO&timeframe=1m", Body("ARROW1..", "application/octet-stream"))).Files
        );
        Assert.Equal(("This is a Feather or Arrow file: save it as Parquet or CSV.", null), (file.Error, file.Layout));
    }

    [Fact]
    public async Task Invalid_requests_are_problem_documents()
    {
        await using var api = new ApiServer(
            database.AppConnection,
            settings: new() { ["Wyckoff:Imports:MaxUpload"] = "100", ["Wyckoff:Imports:MaxSpool"] = "10" }
        );
        var client = api.CreateClient();
        using var wrong = await client.PostAsync(Path + "?timeframe=1w&colour=red&maxRejects=-1", Body(Good, "text/csv"), Token);
        Assert.Equal(["colour", "maxRejects", "timeframe"], await wrong.ReadInvalidNamesAsync());
        using var image = await client.PostAsync(Path, Body("x", "image/png"), Token);
        await image.ReadProblemAsync(HttpStatusCode.UnsupportedMediaType, "/problems/unsupported-media-type");
        using var large = await client.PostAsync(Path, Body(Good, "text/csv"), Token);
        await large.ReadProblemAsync(HttpStatusCode.RequestEntityTooLarge, "/problems/body-too-large");
        // A zip file is copied to the disk, and the copy has a limit.
        var zip = Assert.Single((await PreviewAsync(client, "", Body("PK\u0003\u0004 and some more", "application/zip"))).Files);
        Assert.Contains("Wyckoff:Imports:MaxSpool", zip.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Type: text/csv", "")]
    [InlineData("Content-Type: multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n")]
    public async Task An_upload_without_end_is_answered_after_its_first_rows(string type, string start)
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        using var socket = new TcpClient();
        await socket.ConnectAsync(api.Address.Host, api.Address.Port, Token);
        var stream = socket.GetStream();
        var answer = ReadHeadAsync(stream);
        var sent = 0L;
        var head =
            $"POST {Path}?symbol=END&timeframe=1m HTTP/1.1\r\nHost: localhost\r\n{type}\r\nContent-Length: 10000000000\r\n\r\n{start}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + "timestamp,open,high,low,close\n"), Token);
        var rows = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("2024-01-02T14:30:00Z,1,2,0.5,1.5\n", 1_000)));
        while (!answer.IsCompleted && sent < 1L << 30)
        {
            await stream.WriteAsync(rows, Token);
            sent += rows.Length;
        }

        var text = await answer;
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", text, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", text, StringComparison.Ordinal);
        // What was sent before the answer arrived is at most the head and what the sockets buffer.
        Assert.InRange(sent, 1 << 20, 100L << 20);
    }

    [Theory]
    [InlineData("text/csv", "timestamp,open,high,low,close\n2024-01-02T14:30:00Z,1,2,0.5,1.5\n")]
    [InlineData("text/csv", "")]
    [InlineData("application/zip", "PK\u0003\u0004")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=f; filename=f.csv\r\n\r\ntime,open")]
    public async Task An_upload_that_stops_half_way_is_no_error_of_the_server(string type, string text)
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(api.Address.Host, api.Address.Port, Token);
            var request =
                $"POST {Path}?symbol=HALF&timeframe=1m HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\n"
                + $"Content-Length: 5000\r\n\r\n{text}";
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Token);
            socket.Client.Shutdown(SocketShutdown.Send);
            var answer = await ReadHeadAsync(stream);
            Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal), answer);
        }

        Assert.DoesNotContain(api.Logged, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static async Task<ImportPreviewResponse> PreviewAsync(HttpClient client, string query, HttpContent content)
    {
        using var response = await client.PostAsync(Path + query, content, Token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        return (await response.Content.ReadFromJsonAsync<ImportPreviewResponse>(Token))!;
    }

    /// <summary>Reads the beginning of an answer; empty if the server closes the connection.</summary>
    private static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        using var timeout = new CancellationTokenSource(Eventually.Bound);
        var buffer = new byte[4096];
        return Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, timeout.Token));
    }

    private static ByteArrayContent Body(string text, string type) => Body(Encoding.UTF8.GetBytes(text), type);

    private static ByteArrayContent Body(byte[] bytes, string type) =>
        new(bytes) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
}
