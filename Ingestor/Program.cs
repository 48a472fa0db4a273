using System.CommandLine;
using Wyckoff;
using Wyckoff.Ingestor;
using Wyckoff.Ingestor.Exports;
using Wyckoff.Ingestor.Imports;
using Wyckoff.Ingestor.Indicators;
using Wyckoff.Ingestor.Live;
using Wyckoff.Ingestor.Maintenance;
using Wyckoff.Ingestor.Samples;
using Wyckoff.Ingestor.Sync;
using Wyckoff.ServiceDefaults;
using Wyckoff.Sync;

var samples = new Command("samples", "Load the sample data: synthetic bars of AAPL, TSLA and SPY. Existing bars stay unchanged.");
samples.SetAction(
    (_, _) =>
        Verb.RunAsync(Builder(), (services, token) => services.GetRequiredService<SampleLoader>().LoadAsync(onlyIfEmpty: false, token))
);
var maintain = new Command(
    "maintain",
    "Run one round of maintenance as wyckoff_worker (ConnectionStrings:worker) and print its steps; exit code 1 if a step failed."
);
maintain.SetAction((_, _) => Verb.RunAsync(Builder(), (services, token) => MaintenanceWorker.OnceAsync(services, Console.Out, token)));
var command = new RootCommand("Imports market data and maintains the database. Without a verb: run as a service.")
{
    samples,
    maintain,
    ImportVerb.Create(Builder),
    ImportsVerb.Create(Builder),
    ExportVerb.Create(Builder),
    RecomputeVerb.Create(Builder),
};
foreach (var verb in SyncVerbs.All(Builder))
{
    command.Add(verb);
}

command.SetAction((_, _) => ServeAsync());

var parsed = command.Parse(args);
if (parsed.Errors.Count > 0)
{
    await Console.Error.WriteLineAsync($"ingestor: {parsed.Errors[0].Message} --help lists the verbs.");
    return 1;
}

// The host handles Ctrl+C and SIGTERM itself and shuts down in its own order.
return await parsed.InvokeAsync(new() { ProcessTerminationTimeout = null });

static async Task<int> ServeAsync()
{
    var builder = Builder();
    if (builder.Configuration.GetValue("Wyckoff:Samples", true))
    {
        builder.Services.AddSingleton<SampleWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SampleWorker>());
        builder.Services.AddHealthChecks().AddCheck<SampleWorker>("samples");
    }

    builder.Services.AddHostedService(services => services.GetRequiredService<MaintenanceWorker>());
    builder.Services.AddHealthChecks().AddCheck<MaintenanceWorker>("maintenance");

    builder.Services.AddHostedService<InterruptedImports>();
    FeedWorker.Serve(builder);
    IndicatorWorker.Add(builder);
    LiveWorker.Serve(builder);

    var app = builder.Build();
    app.MapHealth();
    return await app.RunToEndAsync(RefusalException.IsRefusal);
}

static WebApplicationBuilder Builder()
{
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
    builder.AddServiceDefaults();
    builder.AddWyckoff();
    builder.Services.AddSingleton<SampleLoader>();
    MaintenanceWorker.Add(builder);
    builder.AddSync();
    return builder;
}
