using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Wyckoff.LocalServers;

namespace Wyckoff.Benchmarks.Load;

/// <summary>A server under load: another process of this program, with one of the verbs of <see cref="Hosts"/>.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly LeashedProcess _process;

    private HostProcess(LeashedProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>The peak of resident memory.</summary>
    public double PeakMegabytes => ProcessFigures.PeakMegabytes(_process.Pid);

    /// <summary>The processor time of all threads.</summary>
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

    /// <summary>Stores bytes in the host, which then answers <see cref="Hosts.StoredPathOf"/> with them.</summary>
    public async Task StoreAsync(int index, byte[] answer, CancellationToken cancellationToken)
    {
        var path = Hosts.StoredPathOf(index);
        using var connection = await HttpConnection.ConnectAsync(Port, cancellationToken);
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n"
        );
        await connection.ExchangeAsync(Encoding.ASCII.GetBytes(head).Concat(answer).ToArray(), null, cancellationToken);
        if (!(await GetAsync(path, cancellationToken)).AsSpan().SequenceEqual(answer))
        {
            throw new InvalidOperationException("The host does not return the bytes stored in it.");
        }
    }

    /// <summary>Returns the bytes allocated since the start of the process.</summary>
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
