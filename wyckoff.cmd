@echo off
rem Runs a verb on Windows. A verb works on the database named by ConnectionStrings__wyckoff, otherwise on that of the running system,
rem which running.env in the data folder describes. For "maintain" on a named database set ConnectionStrings__worker too.
setlocal EnableDelayedExpansion
set here=%~dp0
set home=%WYCKOFF_HOME%
if "%home%"=="" set home=%USERPROFILE%\.local\share\wyckoff
set verb=%1
if "%verb%"=="up" dotnet run --project "%here%AppHost" -- %2 %3 %4 %5 %6 %7 %8 %9 & exit /b
if "%ConnectionStrings__wyckoff%"=="" if exist "%home%\running.env" (
  for /f "usebackq tokens=1,* delims==" %%a in ("%home%\running.env") do (
    set value=%%b
    if not "!value!"=="" set %%a=!value:~1,-1!
  )
)
if "%verb%"=="status" call :run MigrationService --status & exit /b
if "%verb%"=="migrate" call :run MigrationService %2 %3 %4 %5 %6 %7 %8 %9 & exit /b
for %%v in (keys accounts waitlist) do if "%verb%"=="%%v" call :run MigrationService %* & exit /b
for %%v in (samples import imports export recompute maintain sync feeds) do if "%verb%"=="%%v" call :run Ingestor %* & exit /b
echo usage: wyckoff up ^| status ^| migrate ^| samples ^| import ^| imports ^| export ^| recompute ^| maintain ^| sync ^| feeds ^| keys ^| accounts ^| waitlist 1>&2
exit /b 1

:run
rem Runs the built program in the current folder, so that relative paths work.
set project=%1
set built=%here%%project%\bin\Debug\net10.0\Wyckoff.%project%.dll
if not exist "%built%" dotnet build "%here%%project%" -v quiet --nologo 1>&2 || exit /b 1
set rest=
:next
shift
if not "%~1"=="" set rest=%rest% %1& goto next
dotnet "%built%"%rest%
exit /b
