using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Wyckoff.Api;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Uploads whose client goes away while it sends: what was committed stays, and can be completed or undone.</summary>
public sealed class StoppedUploadTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const int Rows = 200_000;

    private static readonly string Text = "timestamp,open,high,low,close,volume\n" + string.Concat(Enumerable.Range(0, Rows).Select(Row));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_committed_rows_stay_and_the_import_is_failed_and_can_be_completed_or_undone(bool reset)
    {
        var symbol = reset ? "RESET" : "SHUT";
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        long id;
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(api.Address.Host, api.Address.Port, Token);
            var stream = socket.GetStream();
            var half = Text[..(Text.Length * 3 / 4)];
            await stream.WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"POST {Path(symbol)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
                        + $"Content-Length: {Text.Length}\r\n\r\n{half}"
                ),
                Token
            );
            id = await Eventually.GetAsync(
                () =>
                    database.ScalarAsync<long>(
                        "SELECT coalesce(max(id), 0) FROM market.import_batches WHERE symbol = $1 AND rows_inserted > 0",
                        symbol
                    ),
                found => found > 0
            );
            if (reset)
            {
                socket.LingerState = new(enable: true, 0);
            }
            else
            {
                socket.Client.Shutdown(SocketShutdown.Send);
            }
        }

        var stopped = await Eventually.GetAsync(() => ImportAsync(api, id), import => import.Status != "running");
        Assert.Equal("failed", stopped.Status);
        Assert.EndsWith(
            string.Create(CultureInfo.InvariantCulture, $"{stopped.Inserted} rows were committed before that and stay."),
            stopped.Error,
            StringComparison.Ordinal
        );
        Assert.InRange(stopped.Inserted, 1, Rows * 3 / 4);
        Assert.Equal(stopped.Inserted, await StoredAsync(symbol));
        Assert.DoesNotContain(api.Logged, line => line.StartsWith("Error", StringComparison.Ordinal));

        // The same file again adds what is missing, and differs nowhere from what is stored.
        using var body = new StringContent(Text, Encoding.ASCII, "text/csv");
        using var response = await api.Client.PostAsync(Path(symbol), body, Token);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var completed = (await response.Content.ReadFromJsonAsync<UploadResponse>(Token))!;
        Assert.Equal((Rows - stopped.Inserted, stopped.Inserted, 0L), (completed.Inserted, completed.Skipped, completed.Differing));
        Assert.Equal(Rows, await StoredAsync(symbol));

        // Both undone, nothing is left.
        foreach (var import in (long[])[completed.Imports[0].Id, id])
        {
            using var undo = await api.Client.DeleteAsync($"/v1/imports/{import}", Token);
            Assert.Equal(HttpStatusCode.OK, undo.StatusCode);
            Assert.Equal("undone", (await ImportAsync(api, import)).Status);
        }

        Assert.Equal(0, await StoredAsync(symbol));
    }

    private static string Path(string symbol) => $"/v1/imports?symbol={symbol}&timeframe=1m";

    private static string Row(int minute) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{new DateTime(2010, 1, 4).AddMinutes(minute):yyyy-MM-ddTHH:mm:ss}Z,1,2,0.5,1.5,{minute}\n"
        );

    private static async Task<ImportResponse> ImportAsync(ListeningApi api, long id) =>
        (await api.Client.GetFromJsonAsync<ImportDetailResponse>($"/v1/imports/{id}", Token))!.Import;

    private Task<long> StoredAsync(string symbol) =>
        database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m JOIN market.tickers ON id = ticker_id WHERE symbol = $1", symbol);
}
