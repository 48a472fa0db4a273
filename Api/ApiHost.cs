using Wyckoff.Api.Access;
using Wyckoff.Api.Accounts;
using Wyckoff.Api.Administration;
using Wyckoff.Api.Bars;
using Wyckoff.Api.OpenApi;
using Wyckoff.Api.Pipeline;
using Wyckoff.Api.SignIn;
using Wyckoff.Api.Status;
using Wyckoff.Api.Streams;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.Streaming;
using Wyckoff.ServiceDefaults;
using Wyckoff.Sync;

namespace Wyckoff.Api;

/// <summary>Builds the API for Program, tests and benchmarks.</summary>
public static class ApiHost
{
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.AddWyckoff();
        builder.AddSync();
        builder.AddReading();
        builder.AddStreams();
        builder.Services.AddSingleton<BarAnswers>();
        builder.Services.AddSingleton<BarRequests>();
        builder.Services.AddSingleton<StatusSource>();
        builder.AddAccess();
        builder.AddSignIn();
        builder.AddWaitlist();
        builder.AddPipeline();
        builder.AddApiDocument();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UsePipeline();
        app.MapHealth();
        app.MapApiDocument();
        app.MapDocs();
        app.MapBars();
        app.MapStreams();
        app.MapProblems();
        app.MapTickers();
        app.MapComputedValues();
        app.MapOverview();
        app.MapStatus();
        app.MapSync();
        app.MapFeeds();
        app.MapImports();
        app.MapImportPreviews();
        app.MapQuality();
        app.MapSignIn();
        app.MapWaitlist();
        app.MapAccounts();
        app.MapAudit();
        app.MapAccount();
        app.MapAccountDocuments();
        app.MapAccountRules();
        app.MapAccountKeys();
        app.MapAccountData();
        return app;
    }
}
