using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Wyckoff.LocalServers;

namespace Wyckoff.Benchmarks.Load;

/// <summary>A server under load: this program once more, in a process of its own, with one of the verbs of <see cref="Hosts"/>.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly LeashedProcess _process;

    private HostProcess(LeashedProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>The most memory it ever had resident.</summary>
    public double PeakMegabytes => ProcessFigures.PeakMegabytes(_process.Pid);

    /// <summary>Of all its threads.</summary>
    public double ProcessorSeconds => ProcessFigures.ProcessorSeconds(_process.Pid);

    public static async Task<HostProcess> StartAsync(
        string verb,
        IReadOnlyDictionary<string, string?> environment,
        CancellationToken cancellationToken
    )
    {
        var port = PortOwner.PickFree();
        var process = LeashedProcess.Start(
            verb,
            "dotnet",
            [
                typeof(HostProcess).Assembly.Location,
                verb,
                "--urls",
                string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
            ],
            environment,
            null,
            "TERM",
            TimeSpan.FromSeconds(15),
            _ => { }
        );
        var host = new HostProcess(process, port);
        try
        {
            await host.ReadyAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public async Task<byte[]> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var connection = await HttpConnection.ConnectAsync(Port, cancellationToken);
        using var body = new MemoryStream();
        await connection.ExchangeAsync(HttpConnection.Get(path), piece => body.Write(piece), cancellationToken);
        return body.ToArray();
    }

    /// <summary>Has <see cref="Hosts.SamePathOf"/> answer with this.</summary>
    public async Task GiveAsync(int place, byte[] answer, CancellationToken cancellationToken)
    {
        var path = Hosts.SamePathOf(place);
        using var connection = await HttpConnection.ConnectAsync(Port, cancellationToken);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n"
        );
        await connection.ExchangeAsync(Encoding.ASCII.GetBytes(head).Concat(answer).ToArray(), null, cancellationToken);
        if (!(await GetAsync(path, cancellationToken)).AsSpan().SequenceEqual(answer))
        {
            throw new InvalidOperationException("The host does not give back what it was given.");
        }
    }

    /// <summary>Bytes allocated since its start.</summary>
    public async Task<long> AllocatedAsync(CancellationToken cancellationToken) =>
        long.Parse(await GetAsync(Hosts.AllocatedPath, cancellationToken), CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task ReadyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_process.Exited.IsCompleted)
            {
                throw new InvalidOperationException(string.Join(Environment.NewLine, _process.LastLines));
            }

            try
            {
                await AllocatedAsync(cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellationToken);
            }
        }
    }
}
