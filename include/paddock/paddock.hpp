#pragma once

// All of Paddock: sessions, locks and what they report.

#include <paddock/clock.hpp>
#include <paddock/config.hpp>
#include <paddock/error.hpp>
#include <paddock/hold.hpp>
#include <paddock/keyed_mutex.hpp>
#include <paddock/log.hpp>
#include <paddock/mutex.hpp>
#include <paddock/session.hpp>
#include <paddock/token.hpp>
#include <paddock/version.hpp>
