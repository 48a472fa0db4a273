using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.LocalServers;

public sealed class KeptPortTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-port").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string KeptIn => Path.Combine(_folder, "postgres.port");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_port_is_kept_while_the_previous_server_is_still_shutting_down()
    {
        var first = PortOwner.PickFree();
        Assert.Equal(first, await KeptPort.ChooseAsync(KeptIn, first, _ => { }, Token));

        using var previous = new TcpListener(IPAddress.Loopback, first);
        previous.Start();
        var log = Channel.CreateUnbounded<string>();
        var again = KeptPort.ChooseAsync(KeptIn, first, line => log.Writer.TryWrite(line), Token);
        Assert.Contains("waiting for it to end", await log.Reader.ReadAsync(Token), StringComparison.Ordinal);
        Assert.False(again.IsCompleted);
        previous.Stop();
        Assert.Equal(first, await again);
        Assert.False(log.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_port_taken_by_another_program_is_replaced_and_the_move_is_logged()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = ((IPEndPoint)other.LocalEndpoint).Port;
        await File.WriteAllTextAsync(KeptIn, taken.ToString(CultureInfo.InvariantCulture), Token);
        var log = new List<string>();
        var port = await KeptPort.ChooseAsync(KeptIn, taken, log.Add, Token);
        Assert.NotEqual(taken, port);
        Assert.Equal(2, log.Count);
        Assert.Contains($"postgres moves to port {port}", log[1], StringComparison.Ordinal);
        Assert.Equal($"{port}", await File.ReadAllTextAsync(KeptIn, Token));
    }
}
