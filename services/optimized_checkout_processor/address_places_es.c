#include "address_places.h"

static const struct place_state states[] = {
    {"A Coruña|La Coruña|Coruña", "15", "A Coruña=La Coruña=Coruña",
        "Santiago de Compostela=Santiago|Ferrol|Oleiros|Arteixo", NULL},
    {"Álava|Araba|Araba/Álava", "01", NULL, "Vitoria-Gasteiz=Vitoria=Gasteiz|Llodio",
        NULL},
    {"Albacete", "02", "Albacete", "Hellín|Almansa|Villarrobledo", NULL},
    {"Alicante|Alacant|Alicante/Alacant", "03", "Alicante=Alacant",
        "Elche=Elx|Benidorm|Torrevieja|Orihuela|Alcoy|Elda|San Vicente del "
        "Raspeig|Dénia|Jávea=Xàbia|Calpe|Villajoyosa",
        NULL},
    {"Almería", "04", "Almería", "Roquetas de Mar|El Ejido|Níjar|Adra", NULL},
    {"Asturias|Principado de Asturias", "33", NULL,
        "Oviedo|Gijón|Avilés|Siero|Langreo|Mieres", NULL},
    {"Ávila", "05", "Ávila", NULL, NULL},
    {"Badajoz", "06", "Badajoz", "Mérida|Don Benito|Almendralejo|Villanueva de la Serena",
        NULL},
    {"Barcelona|BCN", "08", "Barcelona=BCN",
        "Hospitalet de Llobregat=L'Hospitalet de "
        "Llobregat=Hospitalet=L'Hospitalet|Badalona|Terrassa=Tarrasa|Sabadell|Mataró|"
        "Santa Coloma de Gramenet=Santa Coloma|Cornellà=Cornellà de Llobregat|Sant "
        "Cugat=Sant Cugat del Vallès|Sant Boi=Sant Boi de "
        "Llobregat|Rubí|Manresa|Vilanova i la "
        "Geltrú|Granollers|Viladecans|Castelldefels|El Prat de Llobregat=El "
        "Prat|Sitges|Vic|Igualada",
        NULL},
    {"Bizkaia|Vizcaya", "48", NULL,
        "Bilbao=Bilbo|Barakaldo|Getxo|Portugalete|Santurtzi|Basauri|Leioa|Durango", NULL},
    {"Burgos", "09", "Burgos", "Miranda de Ebro|Aranda de Duero", NULL},
    {"Cáceres", "10", "Cáceres", "Plasencia|Navalmoral de la Mata", NULL},
    {"Cádiz", "11", "Cádiz",
        "Jerez de la Frontera=Jerez|Algeciras|San Fernando|Chiclana=Chiclana de la "
        "Frontera|El Puerto de Santa María=Puerto de Santa María|La Línea=La Línea de la "
        "Concepción|Sanlúcar de Barrameda|Puerto Real|Rota",
        NULL},
    {"Cantabria", "39", NULL, "Santander|Torrelavega|Castro Urdiales|Camargo", NULL},
    {"Castellón|Castelló|Castellón de la Plana", "12",
        "Castellón de la Plana=Castellón=Castelló",
        "Vila-real=Villarreal|Burriana|Vinaròs|Benicàssim|Onda", NULL},
    {"Ceuta", "51", "Ceuta", NULL, NULL},
    {"Ciudad Real", "13", "Ciudad Real",
        "Puertollano|Tomelloso|Alcázar de San Juan|Valdepeñas", NULL},
    {"Córdoba", "14", "Córdoba", "Lucena|Puente Genil|Montilla", NULL},
    {"Cuenca", "16", "Cuenca", "Tarancón", NULL},
    {"Gipuzkoa|Guipúzcoa", "20", NULL,
        "San Sebastián=Donostia=Donostia-San Sebastián|Irun|Errenteria|Eibar|Zarautz",
        NULL},
    {"Girona|Gerona", "17", "Girona=Gerona",
        "Figueres|Blanes|Lloret de Mar|Olot|Salt|Palafrugell", NULL},
    {"Granada", "18", "Granada", "Motril|Almuñécar|Baza|Armilla", NULL},
    {"Guadalajara", "19", "Guadalajara", "Azuqueca de Henares", NULL},
    {"Huelva", "21", "Huelva", "Lepe|Almonte|Isla Cristina|Ayamonte", NULL},
    {"Huesca", "22", "Huesca", "Monzón|Barbastro|Jaca|Fraga", NULL},
    {"Illes Balears|Baleares|Islas Baleares|Balears", "07", NULL,
        "Palma=Palma de "
        "Mallorca|Ibiza=Eivissa|Calvià|Manacor|Inca|Mahón=Maó|Llucmajor|Marratxí|"
        "Ciutadella=Ciutadella de Menorca",
        NULL},
    {"Jaén", "23", "Jaén", "Linares|Andújar|Úbeda|Martos", NULL},
    {"La Rioja|Rioja", "26", NULL, "Logroño|Calahorra|Haro", NULL},
    {"Las Palmas", "35", NULL,
        "Las Palmas de Gran Canaria|Telde|Arrecife|Santa Lucía de Tirajana|San Bartolomé "
        "de Tirajana=Maspalomas|Puerto del Rosario",
        NULL},
    {"León", "24", "León", "Ponferrada|San Andrés del Rabanedo", NULL},
    {"Lleida|Lérida", "25", "Lleida=Lérida", "Balaguer|Tàrrega", NULL},
    {"Lugo", "27", "Lugo", "Monforte de Lemos|Viveiro", NULL},
    {"Madrid|Comunidad de Madrid", "28", "Madrid",
        "Móstoles|Alcalá de Henares|Fuenlabrada|Leganés|Getafe|Alcorcón|Torrejón de "
        "Ardoz=Torrejón|Parla|Alcobendas|Las Rozas=Las Rozas de Madrid|San Sebastián de "
        "los Reyes|Pozuelo de "
        "Alarcón=Pozuelo|Rivas-Vaciamadrid=Rivas|Coslada|Majadahonda|Valdemoro|Collado "
        "Villalba|Aranjuez|Boadilla del Monte=Boadilla|Arganda del "
        "Rey=Arganda|Pinto|Tres Cantos|San Fernando de Henares",
        NULL},
    {"Málaga", "29", "Málaga",
        "Marbella|Vélez-Málaga|Mijas|Fuengirola|Torremolinos|Benalmádena|Estepona|"
        "Antequera|Ronda|Rincón de la Victoria",
        NULL},
    {"Melilla", "52", "Melilla", NULL, NULL},
    {"Murcia|Región de Murcia", "30", "Murcia",
        "Cartagena|Lorca|Molina de Segura|Alcantarilla|Águilas|Cieza|Yecla|San "
        "Javier|Torre-Pacheco",
        NULL},
    {"Navarra|Nafarroa", "31", NULL, "Pamplona=Iruña|Tudela|Barañáin|Estella", NULL},
    {"Ourense|Orense", "32", "Ourense=Orense", "Verín|O Barco de Valdeorras", NULL},
    {"Palencia", "34", "Palencia", NULL, NULL},
    {"Pontevedra", "36", "Pontevedra",
        "Vigo|Vilagarcía de Arousa=Villagarcía|Redondela|Cangas|Marín", NULL},
    {"Salamanca", "37", "Salamanca", "Béjar", NULL},
    {"Santa Cruz de Tenerife|Tenerife|SC Tenerife|S/C de Tenerife", "38",
        "Santa Cruz de Tenerife",
        "San Cristóbal de La Laguna=La Laguna|Arona|Adeje|La Orotava|Puerto de la "
        "Cruz|Los Realejos|Granadilla de Abona|Santa Cruz de La Palma",
        NULL},
    {"Segovia", "40", "Segovia", NULL, NULL},
    {"Sevilla", "41", "Sevilla",
        "Dos Hermanas|Alcalá de Guadaíra|Utrera|Mairena del Aljarafe|Écija|Los "
        "Palacios|Tomares|La Rinconada|Carmona",
        NULL},
    {"Soria", "42", "Soria", NULL, NULL},
    {"Tarragona", "43", "Tarragona",
        "Reus|Salou|Cambrils|Tortosa|El Vendrell|Calafell|Valls", NULL},
    {"Teruel", "44", "Teruel", "Alcañiz", NULL},
    {"Toledo", "45", "Toledo", "Talavera de la Reina=Talavera|Illescas|Seseña", NULL},
    {"Valencia|València", "46", "Valencia=València",
        "Torrent|Gandía|Paterna|Sagunto=Sagunt|Alzira|Mislata|Burjassot|Xàtiva|Ontinyent|"
        "Cullera|Sueca|Manises|Alaquàs|Quart de Poblet",
        NULL},
    {"Valladolid", "47", "Valladolid", "Medina del Campo|Laguna de Duero", NULL},
    {"Zamora", "49", "Zamora", "Benavente", NULL},
    {"Zaragoza", "50", "Zaragoza", "Calatayud|Utebo|Ejea de los Caballeros", NULL},
};

const struct place_country place_spain = {
    .code = "ES",
    .names = "España|ES|Reino de España",
    .states = states,
    .state_count = sizeof states / sizeof states[0],
    .needs = NEEDS_STREET | NEEDS_NUMBER | NEEDS_CITY | NEEDS_STATE | NEEDS_POSTAL_CODE,
    .needs_with_location = NEEDS_CITY | NEEDS_STATE | NEEDS_POSTAL_CODE,
    .postal_digits = 5,
};
