// Takes the lock of one product, shows its token, and keeps it until Enter is pressed or it is
// lost. Start it twice: the second waits for the first. Then stop the servers, or kill the first.
//
//     first_lock 127.0.0.1:2181 [key]

#include <paddock/paddock.hpp>

#include <iostream>
#include <stop_token>
#include <string>

int main(int argc, char** argv)
{
    using namespace std::chrono_literals;
    if (argc < 2) {
        std::cerr << "usage: first_lock HOST:PORT[,HOST:PORT...] [key]\n";
        return 2;
    }
    const std::string key = argc > 2 ? argv[2] : "42";

    try {
        paddock::session_config config;
        config.hosts = argv[1];
        paddock::session session(config);
        paddock::keyed_mutex products(session, "/locks/product");

        std::cout << "waiting for the lock of " << key << " for up to a minute" << std::endl;
        const auto hold = products.try_lock_for(key, 60s);
        if (!hold) {
            std::cout << "somebody else has it" << std::endl;
            return 1;
        }
        const std::stop_callback warn(hold->lost(), [] { std::cout << "lost!" << std::endl; });
        std::cout << "held, token " << hold->token().value() << ", znode " << hold->path()
                  << "\npress Enter to release" << std::endl;

        std::cin.get(); // here a service does its work, and gives the token to what it writes to

        std::cout << (hold->held() ? "held to the end" : "lost meanwhile") << std::endl;
    } catch (const paddock::system_error& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
