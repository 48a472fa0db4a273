using System.CommandLine;
using System.CommandLine.Parsing;

namespace Wyckoff.AppHost;

/// <summary>The options of the command line.</summary>
internal sealed record AppHostOptions
{
    public const int DefaultPort = 5080;

    /// <summary>How far the port of the web page is from that of the API, unless it is given.</summary>
    private const int WebPortDistance = 10;

    public int Port { get; private init; } = DefaultPort;

    public int WebPort { get; private init; } = DefaultPort + WebPortDistance;

    public bool Fresh { get; private init; }

    public bool Yes { get; private init; }

    public bool Samples { get; private init; } = true;

    public string? Data { get; private init; }

    /// <summary>Where PostgreSQL and Redis run. Null: chosen by what the machine offers.</summary>
    public Placement? Placement { get; private init; }

    /// <summary>
    /// The arguments passed on to Aspire: configuration such as <c>--Parameters:x=y</c>, and all arguments when publishing.
    /// </summary>
    public IReadOnlyList<string> ForAspire { get; private init; } = [];

    public bool IsPublishing { get; private init; }

    /// <summary>
    /// Parses the command line. The options are null when it printed the help or the version and there is nothing to run.
    /// </summary>
    public static async Task<(AppHostOptions? Options, int ExitCode)> ParseAsync(IReadOnlyList<string> args)
    {
        // azd and `aspire publish` start the AppHost with Aspire's own options.
        if (args.Any(argument => argument is "--publisher" or "--operation" or "--list-steps"))
        {
            return (new() { ForAspire = args, IsPublishing = true }, 0);
        }

        var port = new Option<int>("--port")
        {
            Description = "Where the API listens, on loopback.",
            DefaultValueFactory = _ => DefaultPort,
        };
        port.Validators.Add(ValidatePort);
        var webPort = new Option<int?>("--web-port")
        {
            Description = "Where the web page listens, on loopback; by default 10 above the API.",
        };
        webPort.Validators.Add(ValidatePort);
        var data = new Option<string?>("--data")
        {
            Description = "Where servers, data and passwords are kept (also WYCKOFF_HOME).",
            HelpName = "FOLDER",
        };
        var fresh = new Option<bool>("--fresh") { Description = "Delete all data first, after a confirmation." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var noSamples = new Option<bool>("--no-samples") { Description = "Start with an empty database." };
        var containers = new Option<bool>("--containers")
        {
            Description = "Run PostgreSQL and Redis in containers; fail without a container engine.",
        };
        var local = new Option<bool>("--local")
        {
            Description = "Run PostgreSQL and Redis as local processes, even if a container engine is running.",
        };
        var command = new RootCommand(
            "Starts Wyckoff: PostgreSQL with TimescaleDB, Redis, migrations, Ingestor, API, web page and dashboard. Ctrl+C stops all of it."
        )
        {
            port,
            webPort,
            data,
            fresh,
            yes,
            noSamples,
            containers,
            local,
        };

        AppHostOptions? options = null;
        command.SetAction(parsed =>
            options = new()
            {
                Port = parsed.GetValue(port),
                WebPort = parsed.GetValue(webPort) ?? parsed.GetValue(port) + WebPortDistance,
                Data = parsed.GetValue(data),
                Fresh = parsed.GetValue(fresh),
                Yes = parsed.GetValue(yes),
                Samples = !parsed.GetValue(noSamples),
                Placement =
                    parsed.GetValue(containers) ? AppHost.Placement.Containers
                    : parsed.GetValue(local) ? AppHost.Placement.Local
                    : null,
                ForAspire = [.. args.Where(IsConfiguration)],
            }
        );

        var result = command.Parse([.. args.Where(argument => !IsConfiguration(argument))]);
        if (result.Errors.Count > 0)
        {
            // For a bad number there are two errors: the parser's and the validator's. The validator's is clearer and starts with "--".
            var error = result.Errors.LastOrDefault(e => e.Message.StartsWith("--", StringComparison.Ordinal)) ?? result.Errors[0];
            throw new AppHostException(error.Message + " --help lists the options.");
        }

        var ports = (Api: result.GetValue(port), Web: result.GetValue(webPort) ?? result.GetValue(port) + WebPortDistance);
        if (ports.Web > ushort.MaxValue || ports.Web == ports.Api)
        {
            throw new AppHostException($"--web-port: {ports.Web}: a port from 1 to 65535 that is not that of the API is expected.");
        }

        if (result.GetValue(containers) && result.GetValue(local))
        {
            throw new AppHostException("--containers and --local exclude each other.");
        }

        var exitCode = await result.InvokeAsync();
        return (options, exitCode);
    }

    private static bool IsConfiguration(string argument) =>
        argument.Split('=', 2) is [['-', '-', .. var key], _] && key.Contains(':', StringComparison.Ordinal);

    private static void ValidatePort(OptionResult result)
    {
        if (result.Tokens is [{ Value: var text }] && (!int.TryParse(text, out var number) || number is < 1 or > 65535))
        {
            result.AddError($"{result.Option.Name}: '{text}' is not a port; a number from 1 to 65535 is expected.");
        }
    }
}
