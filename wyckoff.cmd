@echo off
rem The front door for verbs on Windows. Set ConnectionStrings__wyckoff first, except for "up"; for "maintain" ConnectionStrings__worker too.
setlocal
set here=%~dp0
set verb=%1
if "%verb%"=="up" dotnet run --project "%here%AppHost" -- %2 %3 %4 %5 %6 %7 %8 %9 & exit /b
if "%verb%"=="status" dotnet run --project "%here%MigrationService" -- --status & exit /b
if "%verb%"=="migrate" dotnet run --project "%here%MigrationService" -- %2 %3 %4 %5 %6 %7 %8 %9 & exit /b
if "%verb%"=="samples" dotnet run --project "%here%Ingestor" -- samples & exit /b
if "%verb%"=="import" dotnet run --project "%here%Ingestor" -- import %2 %3 %4 %5 %6 %7 %8 %9 & exit /b
if "%verb%"=="export" dotnet run --project "%here%Ingestor" -- %* & exit /b
if "%verb%"=="recompute" dotnet run --project "%here%Ingestor" -- %* & exit /b
if "%verb%"=="maintain" dotnet run --project "%here%Ingestor" -- maintain & exit /b
if "%verb%"=="sync" dotnet run --project "%here%Ingestor" -- %* & exit /b
if "%verb%"=="feeds" dotnet run --project "%here%Ingestor" -- %* & exit /b
echo usage: wyckoff up ^| status ^| migrate ^| samples ^| import ^| export ^| recompute ^| maintain ^| sync ^| feeds 1>&2
exit /b 1
