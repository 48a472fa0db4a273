using Wyckoff;
using Wyckoff.Api;
using Wyckoff.MarketData.Sync;
using Wyckoff.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddWyckoff();
builder.AddSync();
builder.Services.AddOpenApi("v1");

var app = builder.Build();
app.UseUntracedProbes();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.MapHealth();
app.MapOpenApi();
app.MapDocs();
app.MapMarketData();
app.MapSync();
app.MapImports();
app.MapQuality();

return await app.RunToEndAsync();
